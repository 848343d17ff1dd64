"""List rules that hold for every resource: newest first, pages by cursor, created ranges."""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, TypeVar

from local.stripe_sandbox.collection import created_within, index_after, index_before
from local.stripe_sandbox.errors import StripeError, invalid
from local.stripe_sandbox.parameters import Parameters, Range
from local.stripe_sandbox.records import Record

R = TypeVar("R", bound=Record)

PAGING = ("limit", "starting_after", "ending_before", "expand")
MAX_LIMIT = 100
ANY_TIME = Range()
_DEFAULT_LIMIT = 10


class Page(NamedTuple):
    """One page of a list: its records newest first, and whether the list goes on."""

    records: Sequence[Record]
    has_more: bool


def page_of(
    records: Sequence[R],
    parameters: Parameters,
    find: Callable[[str, str], Record],
    created: Range = ANY_TIME,
) -> Page:
    """Return the page that a request asks for.

    Args:
        records: what the filters let through, oldest first.
        parameters: limit and cursors are read from it.
        find: returns the record of a cursor, from its id and the parameter's name, or refuses.
        created: bounds of the records' creation.
    """
    limit = _limit(parameters)
    low, high = created_within(records, created.since, created.until)
    after, before = _cursors(parameters)
    if after is not None:
        high = min(high, index_before(records, find(after, "starting_after")))
    if before is not None:
        low = max(low, index_after(records, find(before, "ending_before")))
        end = min(low + limit, high)
        return Page(records[low:end][::-1], end < high)
    start = max(low, high - limit)
    return Page(records[start:high][::-1] if high > low else [], start > low)


def slice_of(
    ids: Sequence[str], parameters: Parameters, missing: StripeError
) -> tuple[slice, bool]:
    """Return the slice of a short list in its own order, and whether it goes on."""
    limit = _limit(parameters)
    after, before = _cursors(parameters)
    if (after or before) and (after or before) not in ids:
        raise missing
    if before is not None:
        end = ids.index(before)
        return slice(max(0, end - limit), end), end > limit
    start = ids.index(after) + 1 if after is not None else 0
    return slice(start, start + limit), start + limit < len(ids)


def accepts_all(tests: Iterable[Callable[[R], bool]]) -> Callable[[R], bool]:
    """Return the test that all of *tests* must pass."""
    wanted = list(tests)
    return lambda record: all(test(record) for test in wanted)


def _limit(parameters: Parameters) -> int:
    limit = parameters.integer("limit")
    if limit is None:
        return _DEFAULT_LIMIT
    code = "parameter_invalid_integer"
    if limit < 1:
        raise invalid("limit", "This value must be greater than or equal to 1.", code)
    if limit > MAX_LIMIT:
        message = (
            f"This value must be less than or equal to {MAX_LIMIT} (it currently is '{limit}')."
        )
        raise invalid("limit", message, code)
    return limit


def _cursors(parameters: Parameters) -> tuple[str | None, str | None]:
    after, before = parameters.text("starting_after"), parameters.text("ending_before")
    if after is not None and before is not None:
        raise invalid(
            "ending_before",
            "You may only specify one of these parameters: ending_before, starting_after.",
            "parameters_exclusive",
        )
    return after, before
