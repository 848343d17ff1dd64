"""The parameters that every list takes."""

import re
from datetime import UTC, datetime
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Query
from pydantic import AfterValidator, AwareDatetime, BeforeValidator

_LOST_PLUS = re.compile(r" ([0-9]{2}:[0-9]{2})$")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ]")
_FIRST, _LAST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


def _clamp(at: datetime) -> datetime:
    """Bring an instant into the time in which there may be values."""
    return min(max(at, _FIRST), _LAST)


def _require_text(value: object) -> object:
    # Pydantic takes numbers for seconds.
    if not isinstance(value, str) or not _DAY.match(value):
        raise ValueError("Write an instant with its zone, such as 2026-12-31T00:00:00Z.")
    # A plus that was not encoded arrives as a space.
    return _LOST_PLUS.sub(r"+\1", value)


Instant = Annotated[AwareDatetime, BeforeValidator(_require_text), AfterValidator(_clamp)]

Limit = Annotated[int, Query(ge=1, le=100, description="How many to answer with.")]
Cursor = Annotated[
    str | None, Query(max_length=200, description="The `next_cursor` of the page before.")
]
