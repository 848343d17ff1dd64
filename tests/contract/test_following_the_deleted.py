"""What the end of customers leaves is known, though Stripe may list nothing of them any more."""

import pytest
from aiohttp import web

from local.stripe_sandbox import Business, Sandbox, Settings, start
from local.stripe_sandbox.errors import no_such
from local.stripe_sandbox.faults import DATE
from tests.syncing import Worker, differences

NOW = 1_800_000_000


class Strict:
    """Refuses to list what belongs to a customer who was deleted.

    Attributes:
        gone: whom it holds to be deleted by now.
    """

    def __init__(self, status: int) -> None:
        self.gone: set[str] = set()
        self._status = status

    async def __call__(self, request: web.Request, _: str) -> web.Response | None:
        """Refuse, or None where the sandbox is to answer."""
        owner = request.query.get("customer")
        if owner not in self.gone:
            return None
        refusal = no_such("customer", owner, param="customer", status=self._status)
        headers = {"Date": request[DATE]}
        return web.json_response(refusal.body(), status=self._status, headers=headers)


@pytest.fixture(name="strict", params=[400, 404])
def _strict(request: pytest.FixtureRequest) -> Strict:
    return Strict(request.param)


def a_business() -> Business:
    business = Business.empty(NOW, bills=True)
    price = business.add_price(1_000)
    for _ in range(8):
        business.add_subscription(price, created=NOW)
    business.advance(hours=2)
    return business


def imported(sandbox: Sandbox) -> Worker:
    worker = Worker(sandbox).connect()
    worker.sync("1")
    sandbox.advance(hours=1)
    return worker


def differs_from_anew(sandbox: Sandbox, worker: Worker) -> list[str]:
    sandbox.settings.interceptors = ()
    anew = Worker(sandbox).connect()
    anew.sync("1")
    return differences(worker.told(), anew.told())


def test_subscriptions_end_with_their_customer(strict: Strict) -> None:
    business = a_business()
    customer = next(iter(business.state.customers))
    with start(business, settings=Settings(interceptors=[strict])) as sandbox:
        worker = imported(sandbox)
        business.delete(customer)
        strict.gone.add(customer.id)
        worker.sync("2")
        assert differs_from_anew(sandbox, worker) == []


def test_they_end_also_where_that_is_told_before_the_end_of_the_customer(strict: Strict) -> None:
    business = a_business()
    customer = next(iter(business.state.customers))
    with start(business, settings=Settings(interceptors=[strict])) as sandbox:
        worker = imported(sandbox)
        business.cancel(next(iter(business.state.subscriptions.owned_by(customer.id))))
        strict.gone.add(customer.id)
        worker.sync("2")
        sandbox.advance(seconds=20)
        business.delete(customer)
        worker.sync("3")
        assert differs_from_anew(sandbox, worker) == []


def test_what_happened_to_their_invoices_is_read_one_by_one(strict: Strict) -> None:
    business = a_business()
    invoice = next(iter(business.state.invoices))
    customer = business.state.customers[invoice.customer]
    told = {"object": "invoice", "id": invoice.id, "customer": customer.id}
    with start(business, settings=Settings(interceptors=[strict])) as sandbox:
        worker = imported(sandbox)
        business.add_event("invoice.paid", {**told, "created": invoice.created})
        business.delete(customer)
        strict.gone.add(customer.id)
        worker.sync("2")
        assert worker.status.state == "ok"
        assert differs_from_anew(sandbox, worker) == []
