"""A list is read in pieces, several at once, and nothing of it is lost, whatever happens."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.adapters.stripe_objects import Page
from shared.adapters.stripe_pace import UNLIMITED, Pacer
from shared.adapters.stripe_refusals import ErrorDetail, Refusal
from shared.adapters.stripe_transport import RefusedError, StripeTransport, TransportSettings
from shared.adapters.stripe_windows import EARLIEST, Listing, WindowedReading
from shared.domain.ledger import Span, uncovered
from shared.domain.stripe_key import StripeKey
from shared.errors import BadResponseError, SourceUnavailableError

LAST = 1_000
WHOLE = Span(0, LAST)
LOST_CURSOR = RefusedError(
    Refusal(400, ErrorDetail(code="resource_missing", param="starting_after"))
)


class Thing(msgspec.Struct, frozen=True):
    id: str
    created: int


THINGS = Listing("/v1/things", (), Page[Thing])


@dataclass
class Account:
    """A list as Stripe would give it, and what happens to it after each request."""

    things: list[Thing]
    page_size: int = 3
    walks: int = 3
    requests: list[dict[str, str]] = field(default_factory=list)
    afterwards: Callable[["Account"], None] = lambda _: None

    def page(self, asked: dict[str, str]) -> Page[Thing]:
        self.requests.append(asked)
        newest_first = sorted(self.things, key=lambda it: (it.created, it.id), reverse=True)
        cursor = asked.get("starting_after")
        if cursor is not None:
            at = next((n for n, it in enumerate(newest_first) if it.id == cursor), None)
            if at is None:
                raise LOST_CURSOR
            newest_first = newest_first[at + 1 :]
        within = range(int(asked["created[gte]"]), int(asked["created[lte]"]) + 1)
        found = [it for it in newest_first if it.created in within]
        self.afterwards(self)
        limit = int(asked["limit"])
        return Page(found[:limit], has_more=len(found) > limit)


class Transport(StripeTransport):
    """Answers from an account; all walks are under way at once."""

    def __init__(self, account: Account) -> None:
        pacer = Pacer(UNLIMITED, ticks=lambda: 0.0, sleep=asyncio.sleep)
        pacer.useful_at_once = lambda endpoint: account.walks  # type: ignore[method-assign]
        super().__init__(
            StripeKey("sk_test_sandbox0000000000demo", "test", restricted=False),
            api_base="http://127.0.0.1",
            settings=TransportSettings(),
            pacer=pacer,
            now=lambda: datetime(2026, 11, 22, tzinfo=UTC),
            sleep=asyncio.sleep,
        )
        self._account = account

    async def get(self, path: str, parameters: Any, kind: type[Any]) -> Any:
        await asyncio.sleep(0)
        return self._account.page(dict(parameters))


@dataclass
class Kept:
    """What was handed over; a hand-over is whole or not at all."""

    spans: list[Span] = field(default_factory=list)
    things: list[Thing] = field(default_factory=list)

    async def __call__(self, span: Span, things: list[Thing]) -> None:
        await asyncio.sleep(0)
        assert all(span.start <= it.created <= span.end for it in things)
        assert uncovered(span, self.spans) == [span]
        self.spans.append(span)
        self.things += things


def read(account: Account, kept: Kept, **options: Any) -> bool:
    options = {"page_size": account.page_size, **options}
    reading = WindowedReading(Transport(account), THINGS, kept, **options)
    return asyncio.run(reading.read(uncovered(WHOLE, kept.spans)))


def things(*created: int) -> list[Thing]:
    return [Thing(f"thing_{n:04}", at) for n, at in enumerate(created)]


def ids(found: list[Thing]) -> list[str]:
    return sorted(it.id for it in found)


ACCOUNTS = st.builds(
    Account,
    things=st.lists(st.integers(0, LAST) | st.sampled_from([0, 500, 501, LAST]), max_size=120).map(
        lambda created: things(*created)
    ),
    page_size=st.integers(1, 20),
    walks=st.integers(1, 6),
)


@given(ACCOUNTS, st.integers(1, 12))
def test_every_object_comes_once_and_every_second_is_covered(
    account: Account, pages_between: int
) -> None:
    kept = Kept()
    assert read(account, kept, pages_between=pages_between)
    assert ids(kept.things) == ids(account.things)
    assert uncovered(WHOLE, kept.spans) == []


@given(ACCOUNTS, st.integers(1, 4), st.integers(1, 9))
def test_a_reading_stopped_again_and_again_brings_the_same(
    account: Account, pages_between: int, patience: int
) -> None:
    kept = Kept()
    for rising in count(patience):
        asked = iter(range(rising))  # a little longer each time, so that it comes to an end
        is_time_up = lambda asked=asked: next(asked, None) is None  # noqa: E731
        if read(account, kept, pages_between=pages_between, is_time_up=is_time_up):
            break
    assert ids(kept.things) == ids(account.things)
    assert uncovered(WHOLE, kept.spans) == []


@given(ACCOUNTS, st.integers(1, 4), st.integers(1, 60))
def test_a_process_killed_while_it_hands_over_loses_only_what_was_not_kept(
    account: Account, pages_between: int, survives: int
) -> None:
    kept = Kept()

    async def keep_until_killed(span: Span, found: list[Thing]) -> None:
        if len(kept.spans) >= survives:
            raise KeyboardInterrupt
        await kept(span, found)

    reading = WindowedReading(
        Transport(account),
        THINGS,
        keep_until_killed,
        pages_between=pages_between,
        page_size=account.page_size,
    )
    try:
        asyncio.run(reading.read([WHOLE]))
    except KeyboardInterrupt:
        assert read(account, kept, pages_between=pages_between)
    assert ids(kept.things) == ids(account.things)


@given(ACCOUNTS, st.integers(1, 9), st.randoms(use_true_random=False))
def test_objects_that_vanish_while_they_are_walked_past_take_no_other_with_them(
    account: Account, share: int, random: Any
) -> None:
    staying = [it for n, it in enumerate(account.things) if n % 10 >= share]
    going = [it for it in account.things if it not in staying]

    def delete_one(it: Account) -> None:
        if going:
            gone = going.pop(random.randrange(len(going)))
            it.things = [other for other in it.things if other != gone]

    account.afterwards = delete_one
    kept = Kept()
    assert read(account, kept)
    assert len(ids(kept.things)) == len(set(ids(kept.things)))
    assert set(ids(staying)) <= set(ids(kept.things))


def test_what_is_created_meanwhile_is_left_for_the_next_time() -> None:
    account = Account(things(*range(0, 500, 10)))
    account.afterwards = lambda it: it.things.append(Thing(f"new_{len(it.requests)}", LAST + 1))
    kept = Kept()
    assert read(account, kept)
    assert ids(kept.things) == ids(things(*range(0, 500, 10)))


def test_the_newest_part_is_read_first() -> None:
    account = Account(things(*range(LAST)), walks=1)
    kept = Kept()
    assert read(account, kept, pages_between=5)
    assert kept.spans == sorted(kept.spans, reverse=True)


def test_walks_share_a_long_list_and_ask_hardly_more_than_one_alone() -> None:
    account = Account(
        [Thing(f"{at}_{n}", at) for at in range(LAST) for n in range(9)], page_size=100, walks=4
    )
    kept = Kept()
    assert read(account, kept)
    assert ids(kept.things) == ids(account.things)
    assert len({it["created[lte]"] for it in account.requests}) >= 4
    assert len(account.requests) <= 90 + 4


def test_an_account_much_younger_than_stripe_is_not_looked_for_at_length() -> None:
    now = EARLIEST + 16 * 365 * 86_400
    account = Account(
        [Thing(f"{n:05}", now - n * 8_000) for n in range(10_000)], page_size=100, walks=5
    )
    kept = Kept()
    reading = WindowedReading(Transport(account), THINGS, kept)
    assert asyncio.run(reading.read([Span(EARLIEST, now)]))
    assert ids(kept.things) == ids(account.things)
    assert len(account.requests) <= 100 + 6


def test_more_objects_in_one_second_than_a_page_holds_are_read() -> None:
    account = Account(things(*[500] * 50), page_size=3)
    kept = Kept()
    assert read(account, kept, pages_between=1)
    assert ids(kept.things) == ids(account.things)


def test_an_error_leaves_what_was_read_before_it() -> None:
    account = Account(things(*range(0, LAST, 10)), walks=1)

    def break_down(it: Account) -> None:
        if len(it.requests) == 5:
            raise SourceUnavailableError("...")

    account.afterwards = break_down
    kept = Kept()
    with pytest.raises(SourceUnavailableError):
        read(account, kept)
    # Of four pages of three, all but the second that the last object lies in.
    assert len(kept.things) == 11
    account.afterwards = lambda _: None
    assert read(account, kept)
    assert ids(kept.things) == ids(account.things)


def test_a_cursor_that_is_always_gone_is_an_error_in_the_end() -> None:
    account = Account(things(*[500] * 50))
    page = account.page

    def never_go_on(asked: dict[str, str]) -> Page[Thing]:
        if "starting_after" in asked:
            raise LOST_CURSOR
        return page(asked)

    account.page = never_go_on  # type: ignore[method-assign]
    with pytest.raises(RefusedError):
        read(account, Kept())


def test_a_list_that_promises_more_and_gives_nothing_is_an_error() -> None:
    account = Account([])
    account.page = lambda asked: Page([], has_more=True)  # type: ignore[method-assign]
    with pytest.raises(BadResponseError):
        read(account, Kept())


def test_the_time_is_watched_even_while_stripe_does_not_answer() -> None:
    class Silent(Transport):
        async def get(self, path: str, parameters: Any, kind: type[Any]) -> Any:
            await asyncio.sleep(3600)

    times = iter([False, False, True])
    reading = WindowedReading(
        Silent(Account([])), THINGS, Kept(), is_time_up=lambda: next(times), grace_seconds=0
    )
    assert asyncio.run(reading.read([WHOLE])) is False


def test_how_much_there_is_to_read_is_told_from_the_density() -> None:
    account = Account(
        [Thing(f"{at}_{n}", at) for at in range(LAST) for n in range(10)], page_size=100, walks=1
    )
    told = []
    reading = WindowedReading(Transport(account), THINGS, Kept())
    account.afterwards = lambda _: told.append(reading.expected_pages)
    assert asyncio.run(reading.read([WHOLE]))
    assert told[0] is None
    assert all(it is not None and 90 <= it <= 101 for it in told[1:])
    assert reading.expected_pages == reading.pages
