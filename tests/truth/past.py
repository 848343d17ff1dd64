"""What the business was at any instant, from its own history and from no Stripe object."""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction

from local.stripe_sandbox.business import Business
from local.stripe_sandbox.history import Change
from tests.truth.amounts import monthly_amount

PAYING = frozenset({"active", "past_due"})


@dataclass(frozen=True)
class Held:
    """A subscription as it was at an instant.

    Attributes:
        retained: whether it is kept: active or past due, or again in a trial after having been so.
        monthly: minor units a month, by the definition of discounts that was asked for.
        ending: whether its end had been asked for.
    """

    change: Change
    retained: bool
    monthly: Fraction
    ending: bool

    @property
    def status(self) -> str:
        """Stripe's word for it."""
        return self.change.status

    @property
    def customer(self) -> str:
        """Id of who has it."""
        return self.change.customer


@dataclass
class Past:
    """The subscriptions of a business through time; those of a test clock are none of it."""

    business: Business
    _changes: dict[str, list[Change]] = field(default_factory=dict)
    _discounts: dict[str, list[tuple[int, str | None]]] = field(default_factory=dict)
    _known: dict[tuple[int, str], list[Held]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        state = self.business.state
        for sub in state.subscriptions:
            if sub.test_clock is None:
                self._changes[sub.id] = _last_of_each_second(state.history.of(sub.id))
        for each in state.history.customer_discounts:
            self._discounts.setdefault(each.customer, []).append((each.at, each.discount))

    def at(self, instant: int, discounts: str = "recurring") -> list[Held]:
        """Return each subscription that had begun by an instant, as it was after that instant."""
        if (instant, discounts) not in self._known:
            self._known[instant, discounts] = list(self._look(instant, discounts))
        return self._known[instant, discounts]

    def one_at(self, sub_id: str, instant: int, discounts: str = "recurring") -> Held | None:
        """Return what one subscription was after an instant, or None before it began."""
        changes = self._changes[sub_id]
        index = bisect_right(changes, instant, key=lambda each: each.at) - 1
        if index < 0 and instant < self._start(sub_id):
            return None
        # One that was backdated counts from its start.
        return self._held(changes, max(index, 0), instant, discounts)

    def _look(self, instant: int, discounts: str) -> Iterator[Held]:
        for sub_id in self._changes:
            if (held := self.one_at(sub_id, instant, discounts)) is not None:
                yield held

    def through(self, sub_id: str, discounts: str) -> list[tuple[int, Held, Held]]:
        """Return each change of a subscription: when, and what it was just before and after."""
        changes = self._changes[sub_id]
        return [
            (
                change.at,
                self._held(changes, index, change.at - 1, discounts),
                self._held(changes, index + 1, change.at, discounts),
            )
            for index, change in enumerate(changes[1:])
        ]

    def subscriptions(self) -> set[str]:
        """Return the ids of all of them."""
        return set(self._changes)

    def begins(self, sub_id: str, discounts: str) -> tuple[int, Held]:
        """Return when a subscription begins to count, and as what."""
        start = self._start(sub_id)
        return start, self._held(self._changes[sub_id], 0, start, discounts)

    def _start(self, sub_id: str) -> int:
        return min(
            self._changes[sub_id][0].at, self.business.state.subscriptions[sub_id].start_date
        )

    def _held(self, changes: list[Change], index: int, instant: int, discounts: str) -> Held:
        change = changes[index]
        was_paying = any(each.status in PAYING for each in changes[:index])
        return Held(
            change,
            retained=change.status in PAYING or (change.status == "trialing" and was_paying),
            monthly=monthly_amount(
                self.business.state,
                change,
                self._customer_discount(change.customer, instant),
                instant,
                discounts,
            ),
            ending=change.cancel_at is not None,
        )

    def _customer_discount(self, customer: str, instant: int) -> str | None:
        changes = self._discounts.get(customer, [])
        return next((what for at, what in reversed(changes) if at <= instant), None)


def _last_of_each_second(changes: list[Change]) -> list[Change]:
    """Return the changes after which a second's state was what it stayed."""
    return list({each.at: each for each in changes}.values())
