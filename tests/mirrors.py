"""Ledgers that mirror a sandbox's account, hour by hour or at once, and how two of them differ."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any

from local.stripe_sandbox import Sandbox
from shared.adapters.stripe_pace import Pace
from shared.adapters.stripe_source import StripeSource
from shared.domain.ledger import Place
from shared.domain.stripe_key import StripeKey, parse_key
from tests.memory_book import InMemoryBook

_AT_ONCE = Pace(100_000, 100_000)
_MOST_CALLS = 200


@dataclass
class Mirror:
    """A ledger in memory, with how far it has come.

    Attributes:
        is_time_up: asked between requests; where it says so, the refresh goes on in another call.
        requests: that each refresh took.
        notes: what refreshes had to say.
    """

    sandbox: Sandbox
    is_time_up: Callable[[], bool] = lambda: False
    book: InMemoryBook = field(default_factory=InMemoryBook)
    place: Place = field(default_factory=Place)
    requests: list[int] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def refresh(self) -> None:
        """Import the account, or follow it: until all is read that there is now."""
        before = self.sandbox.requests.total
        for _ in range(_MOST_CALLS):
            advance = self._source().advance(
                self.book, self.place, is_time_up=self.is_time_up, report=lambda _: None
            )
            self.place = advance.place
            self.notes += advance.notes
            if advance.is_done and self.place.phase == "following":
                self.requests.append(self.sandbox.requests.total - before)
                return
        raise AssertionError(f"no end after {_MOST_CALLS} calls: {self.place}")

    def differences(self, other: "Mirror") -> Iterator[str]:
        """Yield a line for each customer and each balance transaction that the two tell apart."""
        pairs: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
            ("customer", _told(self.book), _told(other.book)),
            ("balance transaction", dict(self.book.rows), dict(other.book.rows)),
        ]
        for kind, one, two in pairs:
            for key in sorted(one.keys() | two.keys()):
                if one.get(key) != two.get(key):
                    yield f"{kind} {key}: {'; '.join(_parted(one.get(key), two.get(key)))}"

    def _source(self) -> StripeSource:
        key = parse_key(self.sandbox.key, allow_restricted=False)
        assert isinstance(key, StripeKey)
        return StripeSource(key, api_base=self.sandbox.url, pace=_AT_ONCE, sleep=_pass_at_once)


async def _pass_at_once(_: float) -> None:
    """Let the time between two tries pass."""


def _parted(one: Any, two: Any, path: str = "") -> Iterator[str]:
    """Yield where two values part, from the whole to its smallest parts."""
    if one == two:
        return
    if is_dataclass(one) and type(one) is type(two):
        for each in fields(one):
            name = f"{path}.{each.name}"
            yield from _parted(getattr(one, each.name), getattr(two, each.name), name)
    elif isinstance(one, tuple) and isinstance(two, tuple) and len(one) == len(two):
        for number, (left, right) in enumerate(zip(one, two, strict=True)):
            yield from _parted(left, right, f"{path}[{number}]")
    else:
        yield f"{path or 'all of it'}: {one} or {two}"


def _told(book: InMemoryBook) -> dict[str, Any]:
    return {
        record.customer_id: (record.timelines, record.unreadable, record.customer)
        for record in book.records()
    }
