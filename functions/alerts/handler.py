"""The alerts' Lambda entry points: stream records of what syncs left behind, and the sweep."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)
from aws_lambda_powertools.utilities.data_classes.dynamo_db_stream_event import DynamoDBRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.alerts.bootstrap import services
from shared.adapters.dynamodb_items import from_item
from shared.adapters.dynamodb_keys import id_of
from shared.adapters.dynamodb_metric_items import is_without_value
from shared.domain.configuration import MetricValue
from shared.domain.notices import NoticeStatus
from shared.errors import MetricsError

# What is being sent when the time is up must still be marked; each call of SNS may take 12 s.
_RESERVE_SECONDS = 30.0

logger = Logger()
# Each record is answered for by itself; also where all of them fail.
_processor = BatchProcessor(
    event_type=EventType.DynamoDBStreams, raise_on_entire_batch_failure=False
)


@logger.inject_lambda_context
def handle(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Decide and send what follows from one batch of new values and ended syncs."""
    answer = process_partial_response(
        event=event,
        record_handler=partial(_take_in_turn, set[str]()),
        processor=_processor,
        context=context,
    )
    return dict(answer)


@logger.inject_lambda_context
def sweep(event: dict[str, Any], context: LambdaContext) -> dict[NoticeStatus, int]:
    """Look after every account, and send what others have left in the outbox."""
    del event
    found, is_time_up = services(), _time_of(context)
    # First what waits already: looking after very many accounts may take all the time there is.
    ends = found.send(found.outbox.pending(), is_time_up)
    told, trouble = found.watch.all(is_time_up)
    ends += _send(told, is_time_up)
    logger.info("swept", notices=ends)
    if trouble is not None:
        raise trouble
    return {**ends}


def _take_in_turn(held_up: set[str], record: DynamoDBRecord, lambda_context: LambdaContext) -> None:
    """Deal with one record, unless an earlier one of its item failed, and will come again.

    Whoever sees the later value first has no eye for the crossing in the earlier one.
    """
    item = _item_of(record)
    if item in held_up:
        raise MetricsError("An earlier record of this item comes again first.")
    held_up.add(item)
    _take(record, lambda_context)
    held_up.remove(item)


def _take(record: DynamoDBRecord, lambda_context: LambdaContext) -> None:
    """Deal with one record; one that nobody could ever read goes to the operator instead."""
    try:
        found = _read(record)
    except (ArithmeticError, KeyError, TypeError, ValueError) as error:
        logger.exception("record given up", event_id=record.event_id)
        services().failures.report(
            "A stream record could not be read.",
            {
                "event": str(record.event_id),
                "item": _item_of(record),
                "reason": type(error).__name__,
            },
        )
        return
    is_time_up = _time_of(lambda_context)
    if isinstance(found, MetricValue):
        _take_value(found, is_time_up)
    elif found is not None:
        _send(services().watch.one(found), is_time_up)


def _item_of(record: DynamoDBRecord) -> str:
    """Name the item that the record is of by its keys, whatever type they say they have."""
    keys: Mapping[str, Any] = (record.raw_event.get("dynamodb") or {}).get("Keys") or {}
    return " ".join(str(text) for typed in keys.values() for text in typed.values())


def _read(record: DynamoDBRecord) -> MetricValue | str | None:
    """Give the new value, or the id of the integration whose sync has ended.

    None where a metric has no value any more, because it measures something else from now on.
    """
    if record.dynamodb is None:
        raise ValueError("a record without a table")
    keys = record.dynamodb.keys
    if keys["sk"] == "SYNC":
        return id_of(keys["pk"])
    image = record.dynamodb.new_image
    return None if is_without_value(image) else from_item(MetricValue, image)


def _take_value(value: MetricValue, is_time_up: Callable[[], bool]) -> None:
    try:
        _take_for_alerts(value, is_time_up)
    finally:
        # A goal that cannot be followed keeps no alert from being decided, nor the other way round.
        _send(services().follow_goals(value), is_time_up)


def _take_for_alerts(value: MetricValue, is_time_up: Callable[[], bool]) -> None:
    outcomes = services().evaluate(value)
    # An old value may be one whose sender was killed.
    _send((key for key, end in outcomes.items() if end in {"decided", "old"}), is_time_up)
    metric_id, version = value.metric_id, value.version
    logger.info("value evaluated", metric_id=metric_id, version=version, outcomes=outcomes)
    if "rewritten" in outcomes.values():
        logger.error("a version was written twice", metric_id=metric_id, version=version)


def _send(source_ids: Iterable[str], is_time_up: Callable[[], bool]) -> Counter[NoticeStatus]:
    found, ends = services(), Counter[NoticeStatus]()
    for source_id in source_ids:
        ends += found.send(found.outbox.pending_of(source_id), is_time_up)
    return ends


def _time_of(context: LambdaContext) -> Callable[[], bool]:
    return lambda: context.get_remaining_time_in_millis() / 1000 < _RESERVE_SECONDS
