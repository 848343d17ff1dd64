"""Counts of the requests that the sandbox has answered, by endpoint."""

from collections import Counter
from dataclasses import dataclass, field

from local.stripe_sandbox.records import Json

TOO_MANY = 429


@dataclass(slots=True)
class RequestLog:
    """How often each endpoint was asked, and with which statuses it answered."""

    statuses: dict[str, Counter[int]] = field(default_factory=dict)

    def count(self, endpoint: str, status: int) -> None:
        """Count one answer."""
        self.statuses.setdefault(endpoint, Counter())[status] += 1

    @property
    def total(self) -> int:
        """All requests."""
        return sum(counter.total() for counter in self.statuses.values())

    @property
    def rate_limited(self) -> int:
        """The requests that were answered with 429."""
        return sum(counter[TOO_MANY] for counter in self.statuses.values())

    def of(self, endpoint: str) -> int:
        """Return the requests of one endpoint, such as `GET /v1/customers/{id}`."""
        return self.statuses.get(endpoint, Counter()).total()

    def clear(self) -> None:
        """Begin again at nothing."""
        self.statuses.clear()

    def to_json(self) -> Json:
        """Return the counts as the control route shows them."""
        return {
            "total": self.total,
            "rate_limited": self.rate_limited,
            "endpoints": {
                endpoint: {
                    "requests": counter.total(),
                    "rate_limited": counter[TOO_MANY],
                    "statuses": {str(status): counter[status] for status in sorted(counter)},
                }
                for endpoint, counter in sorted(self.statuses.items())
            },
        }
