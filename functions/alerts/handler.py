"""The alerts' Lambda entry point: stream records of new values."""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)
from aws_lambda_powertools.utilities.data_classes.dynamo_db_stream_event import DynamoDBRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.alerts.bootstrap import build_evaluate
from shared.adapters.dynamodb_items import from_item
from shared.domain.configuration import MetricValue

logger = Logger()
_processor = BatchProcessor(event_type=EventType.DynamoDBStreams)


@logger.inject_lambda_context
def handle(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Decide and send the alerts of one batch of new values."""
    answer = process_partial_response(
        event=event, record_handler=_evaluate, processor=_processor, context=context
    )
    return dict(answer)


def _evaluate(record: DynamoDBRecord) -> None:
    image = record.dynamodb.new_image if record.dynamodb else {}
    value = from_item(MetricValue, image)
    sent = build_evaluate()(value)
    logger.info(
        "value evaluated", metric_id=value.metric_id, version=value.version, notices_sent=sent
    )
