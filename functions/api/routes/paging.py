"""The parameters that every list takes."""

from datetime import UTC, datetime
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Query
from pydantic import AfterValidator, AwareDatetime

_FIRST, _LAST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


def _clamp(at: datetime) -> datetime:
    """Bring an instant into the time in which there may be values."""
    return min(max(at, _FIRST), _LAST)


Instant = Annotated[AwareDatetime, AfterValidator(_clamp)]

Limit = Annotated[int, Query(ge=1, le=100, description="How many to answer with.")]
Cursor = Annotated[
    str | None, Query(max_length=200, description="The `next_cursor` of the page before.")
]
