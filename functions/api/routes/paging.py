"""The parameters that every list takes."""

from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Query

Limit = Annotated[int, Query(ge=1, le=100, description="How many to answer with.")]
Cursor = Annotated[
    str | None, Query(max_length=200, description="The `next_cursor` of the page before.")
]
