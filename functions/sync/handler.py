"""The sync's Lambda entry points: schedule ticks and queue messages."""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.sync.bootstrap import build_dispatch, build_sync
from shared.adapters.sqs_queue import read_request

logger = Logger()


@logger.inject_lambda_context
def dispatch(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Queue the syncs of one tick; the event is the schedule's input."""
    del context
    slot = str(event["scheduled_time"])
    queued = build_dispatch()(event["interval"], slot)
    logger.info("queued syncs", slot=slot, interval=event["interval"], count=len(queued))
    return {"slot": slot, "queued": queued}


@logger.inject_lambda_context
def work(event: dict[str, Any], context: LambdaContext) -> None:
    """Run the sync of one queue message; the queue hands over one at a time.

    An error makes the message come back, until the queue gives it up.
    """
    for record in event["Records"]:
        request = read_request(record["body"])
        outcome = build_sync()(
            request, seconds_left=lambda: context.get_remaining_time_in_millis() / 1000
        )
        logger.info(
            "sync ended",
            integration_id=request.integration_id,
            slot=request.slot,
            interval=request.interval,
            step=request.step,
            outcome=outcome,
        )
