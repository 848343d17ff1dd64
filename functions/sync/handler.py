"""The sync's Lambda entry points: schedule ticks and queue messages."""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import SqsFifoPartialProcessor, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.sync.bootstrap import build_dispatch, build_sync
from shared.adapters.sqs_queue import read_request

logger = Logger()
# A batch holds messages of several integrations: one that fails must not hold up the others.
_processor = SqsFifoPartialProcessor(skip_group_on_error=True)


@logger.inject_lambda_context
def dispatch(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Queue the syncs of one tick; the event is the schedule's input."""
    del context
    slot = str(event["scheduled_time"])
    queued = build_dispatch()(event["interval"], slot)
    logger.info("queued syncs", slot=slot, interval=event["interval"], count=len(queued))
    return {"slot": slot, "queued": queued}


@logger.inject_lambda_context
def work(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Run the syncs of one batch of queue messages."""
    answer = process_partial_response(
        event=event, record_handler=_run, processor=_processor, context=context
    )
    return dict(answer)


def _run(record: SQSRecord) -> None:
    request = read_request(record.body)
    outcome = build_sync()(request)
    logger.info(
        "sync ended",
        integration_id=request.integration_id,
        slot=request.slot,
        interval=request.interval,
        outcome=outcome,
    )
