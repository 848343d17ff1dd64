"""The parameters that every list takes."""

from datetime import datetime
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Query
from pydantic import AfterValidator, AwareDatetime

_YEARS = range(2000, 2200)


def _check_year(at: datetime) -> datetime:
    if at.year not in _YEARS:
        raise ValueError("Name an instant between the years 2000 and 2199.")
    return at


Instant = Annotated[AwareDatetime, AfterValidator(_check_year)]

Limit = Annotated[int, Query(ge=1, le=100, description="How many to answer with.")]
Cursor = Annotated[
    str | None, Query(max_length=200, description="The `next_cursor` of the page before.")
]
