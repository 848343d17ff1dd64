"""What each list endpoint filters on: the parameters it takes, and the records it lets through."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from local.stripe_sandbox.collection import Collection
from local.stripe_sandbox.errors import invalid, no_such
from local.stripe_sandbox.lists import accepts_all
from local.stripe_sandbox.objects.customer import email_of
from local.stripe_sandbox.parameters import Parameters
from local.stripe_sandbox.records import (
    Coupon,
    Customer,
    Event,
    Price,
    Product,
    Record,
    Subscription,
    TaxRate,
)
from local.stripe_sandbox.state import State

R = TypeVar("R", bound=Record)
Test = Callable[[R], bool]

_STATUSES = (
    "active",
    "past_due",
    "unpaid",
    "canceled",
    "incomplete",
    "incomplete_expired",
    "trialing",
    "paused",
    "all",
    "ended",
)
_MAX_EVENT_TYPES = 20

CUSTOMER_PARAMETERS = ("created", "email", "test_clock")
PRODUCT_PARAMETERS = ("active", "created", "ids", "shippable", "url")
PRICE_PARAMETERS = (
    "active",
    "created",
    "currency",
    "lookup_keys",
    "product",
    "recurring",
    "type",
)
COUPON_PARAMETERS = ("created",)
TAX_RATE_PARAMETERS = ("active", "created", "inclusive")
EVENT_PARAMETERS = ("created", "delivery_success", "type", "types")
SUBSCRIPTION_PARAMETERS = (
    "automatic_tax",
    "collection_method",
    "created",
    "current_period_end",
    "current_period_start",
    "customer",
    "customer_account",
    "plan",
    "price",
    "status",
    "test_clock",
)


def select_customers(state: State, parameters: Parameters) -> Sequence[Customer]:
    """Return customers that are not deleted, those of test clocks only where asked for."""
    email, clock = parameters.text("email"), parameters.text("test_clock")
    tests: list[Test[Customer]] = [lambda each: each.deleted_at is None]
    tests.append(lambda each: each.test_clock == clock)
    if email is not None:
        tests.append(lambda each: email_of(each) == email)
    return _select(state.customers, (email, clock), tests)


def select_products(state: State, parameters: Parameters) -> Sequence[Product]:
    """Return products, active or not unless asked."""
    active, ids = parameters.boolean("active"), parameters.many("ids")
    none = parameters.boolean("shippable") or parameters.text("url") is not None
    tests: list[Test[Product]] = []
    if active is not None:
        tests.append(lambda each: each.active == active)
    if ids is not None:
        tests.append(lambda each: each.id in ids)
    if none:
        tests.append(lambda _: False)
    return _select(state.products, (active, tuple(ids or ()), none), tests)


def select_prices(state: State, parameters: Parameters) -> Sequence[Price]:
    """Return prices: the active ones unless asked, and never those made inline."""
    active = parameters.boolean("active")
    kind = parameters.choice("type", ("one_time", "recurring"))
    recurring = dict(parameters.hash("recurring", ("interval", "meter", "usage_type")))
    lookup_keys = parameters.many("lookup_keys")
    product, currency = parameters.text("product"), parameters.text("currency")
    wanted_active = active is not False
    tests: list[Test[Price]] = [lambda each: each.active == wanted_active and not each.inline]
    if kind is not None:
        tests.append(lambda each: (each.interval is None) == (kind == "one_time"))
    if recurring:
        tests.append(lambda each: _recurs(each, recurring))
    if lookup_keys is not None:
        tests.append(lambda each: each.lookup_key in lookup_keys)
    if product is not None:
        tests.append(lambda each: each.product == product)
    if currency is not None:
        tests.append(lambda each: each.currency == currency)
    return [each for each in state.prices if accepts_all(tests)(each)]


def _recurs(price: Price, wanted: dict[str, str]) -> bool:
    actual = {
        "interval": price.interval,
        "meter": price.meter,
        "usage_type": "metered" if price.meter else "licensed",
    }
    return price.interval is not None and all(actual[key] == wanted[key] for key in wanted)


def select_coupons(state: State, _parameters: Parameters) -> Sequence[Coupon]:
    """Return coupons that are not deleted."""
    return [each for each in state.coupons if each.deleted_at is None]


def select_tax_rates(state: State, parameters: Parameters) -> Sequence[TaxRate]:
    """Return tax rates."""
    active, inclusive = parameters.boolean("active"), parameters.boolean("inclusive")
    return [
        each
        for each in state.tax_rates
        if active in {None, each.active} and inclusive in {None, each.inclusive}
    ]


def select_events(state: State, parameters: Parameters) -> Sequence[Event]:
    """Return the events of the last 30 days, by type with `*` or by a list of types."""
    kind, kinds = parameters.text("type"), parameters.many("types")
    if kind is not None and kinds is not None:
        message = "You may only specify one of these parameters: type, types."
        raise invalid("type", message, "parameters_exclusive")
    if kinds is not None and len(kinds) > _MAX_EVENT_TYPES:
        raise invalid("types", f"You can only pass up to {_MAX_EVENT_TYPES} types.")
    undelivered = parameters.boolean("delivery_success") is False
    tests: list[Test[Event]] = []
    if undelivered:
        tests.append(lambda _: False)
    if kinds is not None:
        tests.append(lambda each: each.type in kinds)
    if kind is not None:
        tests.append(lambda each: _is_type(each.type, kind))
    return _select(state.events, (undelivered, kind, tuple(kinds or ())), tests)


def _is_type(actual: str, wanted: str) -> bool:
    if wanted.endswith("*"):
        return actual.startswith(wanted.removesuffix("*"))
    return actual == wanted


def select_subscriptions(state: State, parameters: Parameters) -> Sequence[Subscription]:
    """Return subscriptions: all but the canceled ones unless a status is asked for."""
    customer, price = parameters.text("customer"), _price(parameters)
    if customer is not None and customer not in state.customers:
        raise no_such("customer", customer, param="customer", status=400)
    if price is not None and price not in state.prices:
        raise no_such("price", price, param="price", status=400)
    accepts = accepts_all(_subscription_tests(parameters, customer, price))
    if customer is not None:
        return [each for each in state.subscriptions.owned_by(customer) if accepts(each)]
    return state.subscriptions.matching(parameters.key(SUBSCRIPTION_PARAMETERS), accepts)


def _price(parameters: Parameters) -> str | None:
    return parameters.text("price") or parameters.text("plan")


def _subscription_tests(
    parameters: Parameters, customer: str | None, price: str | None
) -> list[Test[Subscription]]:
    status = parameters.choice("status", _STATUSES)
    clock = parameters.text("test_clock")
    method = parameters.choice("collection_method", ("charge_automatically", "send_invoice"))
    taxed = parameters.hash("automatic_tax", ("enabled",)).get("enabled")
    ends, starts = parameters.range("current_period_end"), parameters.range("current_period_start")
    tests = [_status_test(status)]
    if customer is None or clock is not None:
        tests.append(lambda each: each.test_clock == clock)
    if price is not None:
        tests.append(lambda each: any(item.price == price for item in each.items))
    if method is not None:
        tests.append(lambda each: each.collection_method == method)
    if taxed == "true" or parameters.text("customer_account") is not None:
        tests.append(lambda _: False)
    if any(bound is not None for bound in ends):
        tests.append(lambda each: ends.holds(min(_ends_of(each), default=0)))
    if any(bound is not None for bound in starts):
        tests.append(lambda each: starts.holds(max(_starts_of(each), default=0)))
    return tests


def _ends_of(sub: Subscription) -> list[int]:
    return [item.period_end for item in sub.items]


def _starts_of(sub: Subscription) -> list[int]:
    return [item.period_start for item in sub.items]


def _status_test(status: str | None) -> Test[Subscription]:
    if status is None:
        return lambda each: each.status != "canceled"
    if status == "all":
        return lambda _: True
    if status == "ended":
        return lambda each: each.status in {"canceled", "incomplete_expired"}
    return lambda each: each.status == status


def _select(collection: Collection[R], key: object, tests: list[Test[R]]) -> Sequence[R]:
    return collection.matching(repr(key), accepts_all(tests))
