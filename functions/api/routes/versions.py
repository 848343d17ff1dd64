"""Revisions as entity tags: what a client has read, and what it may therefore change.

A route that shows one object answers `tagged(200, view, revision)`; a route that changes it takes
`if_match: IfMatch = None` and hands `expected(if_match)` to its use case, which raises
`VersionConflictError` where the stored object has another revision by now.
"""

import re
from typing import Annotated, TypeVar

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Header

from shared.errors import VersionConflictError

View = TypeVar("View")

IfMatch = Annotated[
    str | None,
    Header(
        alias="If-Match",
        max_length=100,
        description="The `ETag` that was read; the change is refused where it is no longer it.",
    ),
]
_TAG = re.compile(r'"(\d{1,15})"')


def tagged(status: int, view: View, revision: int) -> Response[View]:
    """Answer with an object and the tag of its revision."""
    return Response(status, "application/json", view, headers={"ETag": f'"{revision}"'})


def expected(if_match: str | None) -> int | None:
    """Read the revision that a client has seen; None where it does not say, or takes any.

    Raises:
        VersionConflictError: it is no tag that was ever given out.

    >>> expected('"3"'), expected("*"), expected(None)
    (3, None, None)
    """
    if if_match is None or if_match.strip() == "*":
        return None
    tag = _TAG.fullmatch(if_match.strip())
    if tag is None:
        raise VersionConflictError(
            'If-Match names no version of this. Send the ETag that you have read, such as "3".'
        )
    return int(tag[1])
