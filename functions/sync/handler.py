"""The sync's Lambda entry points: schedule ticks and queue messages."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext


def dispatch(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Queue one sync for every integration that has metrics due at this tick."""
    del context
    return {"slot": event["scheduled_time"], "queued": []}


def work(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Run the syncs of one batch of queue messages."""
    del event, context
    return {"batchItemFailures": []}
