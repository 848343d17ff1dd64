"""A Stripe account whose MRR is what a test says, and the whole system in front of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

from local.stripe_sandbox import Business, Sandbox, Settings, Subscription, start
from tests.fakes import NOON
from tests.local_process import Api, running_local

_numbers = count(1)

Json = dict[str, Any]


class PayingCustomer:
    """One customer who pays some dollars a month, read hourly.

    Attributes:
        integration: as the API answers it.
        metric: its MRR.
    """

    def __init__(self, sandbox: Sandbox, api: Api) -> None:
        self.sandbox, self.api = sandbox, api
        self._subscription = sandbox.run(_subscribe)
        self.integration = api.ok(
            "POST",
            "/v1/integrations",
            {"name": "Acme", "secret_key": sandbox.key},
            status=201,
        )
        self.metric = self.add_metric("MRR")
        self.tick()

    def add_metric(self, name: str, interval: str = "hourly") -> Json:
        """Add a metric of the MRR."""
        body = {"name": name, "query": {"type": "mrr"}, "refresh_interval": interval}
        path = f"/v1/integrations/{self.integration['id']}/metrics"
        return dict(self.api.ok("POST", path, body, status=201))

    def add_channel(self, kind: str = "email") -> str:
        """Add a channel with an address of its own; gives its id."""
        number = next(_numbers)
        address = f"team{number}@example.com" if kind == "email" else f"+1415555{number:04d}"
        body = {"type": kind, "address": address}
        return str(self.api.ok("POST", "/v1/channels", body, status=201)["id"])

    def add_alert(self, rule: Json, *channels: str, **options: Any) -> str:
        """Add an alert, on the MRR unless the options name another metric; gives its id."""
        body = {"metric_id": self.metric["id"], "rule": rule, "channels": channels, **options}
        return str(self.api.ok("POST", "/v1/alerts", body, status=201)["id"])

    def pay(self, *amounts: int) -> None:
        """Let an hour pass and the customer pay so many dollars a month, again and again."""
        for dollars in amounts:
            self.change(dollars)
            self.tick()

    def change(self, dollars: int) -> None:
        """Let an hour pass, and the customer change to so many dollars a month."""
        self.sandbox.advance(hours=1)
        (item,) = self._subscription.items
        self.sandbox.run(lambda business: business.change_item(item, quantity=dollars))

    def tick(self) -> list[Json]:
        """Refresh everything, and wait for all that follows; gives how the syncs went."""
        return list(self.api.ok("POST", "/_local/tick", {"interval": "hourly"})["syncs"])

    def heard(self, channel: str) -> list[Json]:
        """Give what SNS delivered to a channel."""
        found = self.api.ok("GET", "/_local/outbox")["data"]
        return [message for message in found if message["channel"] == channel]

    def events(self, alert: str) -> list[tuple[str, str, float]]:
        """Give what an alert has decided: kind, reason and value."""
        found = self.api.ok("GET", f"/v1/alerts/{alert}/events")["data"]
        return [(event["kind"], event["reason"], event["value"]) for event in found]


def _subscribe(business: Business) -> Subscription:
    dollar = business.add_price(unit_amount=100)
    return business.add_subscription(dollar, quantity=100, created=business.now)


@contextmanager
def paying_customer() -> Iterator[PayingCustomer]:
    """Run a sandbox with one customer who pays 100 dollars a month, and the system over it."""
    with start(Business.empty(NOON, name="Acme"), settings=Settings()) as sandbox:
        options = ("--empty", "--no-schedule", "--stripe-api", sandbox.url)
        with running_local(*options) as api:
            yield PayingCustomer(sandbox, api)
