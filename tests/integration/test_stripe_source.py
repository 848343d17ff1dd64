"""The billing source reads a Stripe-shaped server whole, and asks for nothing that it can spare."""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from aiohttp import web

from local.stripe_sandbox import Business, Item, Keys, Sandbox, Tier, start
from local.stripe_sandbox import Settings as SandboxSettings
from shared.adapters.stripe_pace import UNLIMITED
from shared.adapters.stripe_source import StripeSource
from shared.domain.account import AccountIdentity, Reading
from shared.domain.metrics import Mrr, SubscriptionCount, compute
from shared.domain.stripe_key import StripeKey, parse_key
from shared.errors import BadResponseError, PermissionMissingError
from tests.builders import SUBSCRIPTIONS, terms
from tests.integration.asked import Asked

NOW = datetime(2026, 11, 22, 13, 0, tzinfo=UTC)


@pytest.fixture(name="asked")
def _asked() -> Asked:
    return Asked()


@pytest.fixture(name="sandbox")
def _sandbox(asked: Asked) -> Iterator[Sandbox]:
    settings = SandboxSettings(interceptors=[asked])
    with start(Business.empty(NOW, name="Acme"), settings=settings) as sandbox:
        yield sandbox


@pytest.fixture(name="business")
def _business(sandbox: Sandbox) -> Business:
    return sandbox.business


def a_key(text: str, *, allow_restricted: bool = False) -> StripeKey:
    key = parse_key(text, allow_restricted=allow_restricted)
    assert isinstance(key, StripeKey)
    return key


def source_of(sandbox: Sandbox, **options: Any) -> StripeSource:
    return StripeSource(a_key(sandbox.key), api_base=sandbox.url, pace=UNLIMITED, **options)


def read(sandbox: Sandbox) -> Reading:
    return source_of(sandbox).read(SUBSCRIPTIONS)


def mrr_of(reading: Reading) -> Decimal | None:
    return compute(Mrr(), reading.account, reading.as_of, terms()).value


def test_it_tells_whose_key_it_is_in_one_request(sandbox: Sandbox, asked: Asked) -> None:
    identity = source_of(sandbox).identify()
    assert identity == AccountIdentity(sandbox.business.state.account.id, "Acme", "usd")
    assert asked.paths() == ["/v1/account"]


def test_every_request_names_the_product_the_version_and_the_key(
    sandbox: Sandbox, asked: Asked
) -> None:
    read(sandbox)
    (request,) = asked.requests
    assert request.headers["Stripe-Version"] == "2026-10-28.endive"
    assert request.headers["Authorization"] == f"Bearer {sandbox.key}"
    assert request.headers["User-Agent"].startswith("stripe-metrics/")


def test_an_empty_account_takes_one_request_and_is_worth_nothing(sandbox: Sandbox) -> None:
    reading = read(sandbox)
    assert (reading.requests, reading.as_of) == (1, NOW)
    assert mrr_of(reading) == 0


def test_m39_all_pages_are_read(sandbox: Sandbox, business: Business) -> None:
    price = business.add_price(1000)
    for _ in range(250):
        business.add_subscription(price)
    reading = read(sandbox)
    assert mrr_of(reading) == Decimal("2500.00")
    assert reading.requests == 3


def test_m39_no_page_after_the_first_reaches_beyond_the_first_answer(
    sandbox: Sandbox, business: Business, asked: Asked
) -> None:
    price = business.add_price(1000)
    for _ in range(101):
        business.add_subscription(price)
    read(sandbox)
    bounds = [request.query.get("created[lte]") for request in asked.requests]
    assert bounds == [None, str(int(NOW.timestamp()))]


def test_m40_items_beyond_the_tenth_are_read(sandbox: Sandbox, business: Business) -> None:
    business.add_subscription([Item(business.add_price(500)) for _ in range(12)])
    reading = read(sandbox)
    assert mrr_of(reading) == Decimal("60.00")
    assert reading.requests == 2


def test_canceled_subscriptions_are_read_too_and_nothing_more_for_them(
    sandbox: Sandbox, business: Business
) -> None:
    items = [Item(business.add_price(tiers=[Tier(None, 500)])) for _ in range(12)]
    business.add_subscription(items, status="canceled")
    reading = read(sandbox)
    counted = compute(SubscriptionCount("canceled"), reading.account, reading.as_of, terms())
    assert counted.value == 1
    assert reading.requests == 1


@pytest.mark.parametrize("how_many", [1, 2, 3, 7])
def test_tiers_are_read_one_by_one_or_from_the_list_whichever_is_less(
    sandbox: Sandbox, business: Business, how_many: int
) -> None:
    for _ in range(how_many):
        price = business.add_price(tiers=[Tier(5, 1000), Tier(None, 800)])
        business.add_subscription(price, quantity=7)
    reading = read(sandbox)
    assert mrr_of(reading) == 66 * how_many
    assert reading.requests == 1 + min(how_many, 2)


def test_archived_and_inline_prices_are_found(sandbox: Sandbox, business: Business) -> None:
    archived = business.add_price(tiers=[Tier(None, 1000)], active=False)
    inline = business.add_price(tiers=[Tier(None, 2000)], inline=True)
    usual = [business.add_price(tiers=[Tier(None, 3000)]) for _ in range(2)]
    for price in (archived, inline, *usual):
        business.add_subscription(price)
    assert mrr_of(read(sandbox)) == 10 + 20 + 30 + 30


def test_another_currencys_amount_is_read(sandbox: Sandbox, business: Business) -> None:
    price = business.add_price(1000, currency="eur", currency_options={"usd": 1200})
    business.add_subscription(price, currency="usd")
    assert mrr_of(read(sandbox)) == 12


@pytest.mark.parametrize("how_many", [1, 4])
def test_tiers_in_another_currency_are_read(
    sandbox: Sandbox, business: Business, how_many: int
) -> None:
    for _ in range(how_many):
        price = business.add_price(
            currency="eur",
            tiers=[Tier(None, 1000)],
            currency_options={"usd": [Tier(5, 1200), Tier(None, 900)], "gbp": [Tier(None, 800)]},
        )
        business.add_subscription(price, quantity=7, currency="usd")
    reading = read(sandbox)
    assert mrr_of(reading) == 78 * how_many
    assert reading.requests == 1 + how_many


def test_discounts_of_subscription_item_and_customer_are_read(
    sandbox: Sandbox, business: Business
) -> None:
    half, fifth, tenth = (business.add_coupon(percent_off=off) for off in (50, 20, 10))
    price = business.add_price(10000)
    business.add_subscription(price, discounts=[half])
    business.add_subscription([Item(price, discounts=[fifth])])
    business.add_subscription(price, customer=business.add_customer(discount=tenth))
    reading = read(sandbox)
    assert mrr_of(reading) == 50 + 80 + 90
    assert reading.requests == 2


def test_a_coupon_for_products_keeps_to_them(sandbox: Sandbox, business: Business) -> None:
    one, other = business.add_price(4000), business.add_price(6000)
    product = business.state.products[one.product]
    coupon = business.add_coupon(percent_off=50, applies_to=[product])
    business.add_subscription([one, other], discounts=[coupon])
    assert mrr_of(read(sandbox)) == 80


@pytest.mark.parametrize("how_many", [1, 4])
def test_deleted_coupons_still_work_wherever_they_hang(
    sandbox: Sandbox, business: Business, how_many: int
) -> None:
    price = business.add_price(10000)
    for _ in range(how_many):
        product = business.state.products[price.product]
        coupons = [business.add_coupon(percent_off=50, applies_to=[product]) for _ in range(3)]
        business.add_subscription(price, discounts=[coupons[0]])
        business.add_subscription([Item(price, discounts=[coupons[1]])])
        business.add_subscription(price, customer=business.add_customer(discount=coupons[2]))
        for coupon in coupons:
            business.delete(coupon)
    reading = read(sandbox)
    assert mrr_of(reading) == 150 * how_many
    assert reading.account.unreadable == ()


def a_coupon_that_only_its_subscription_tells_of(business: Business) -> None:
    coupon = business.add_coupon(percent_off=50)
    business.add_subscription(business.add_price(10000), discounts=[coupon])
    business.delete(coupon)


def refuse_single_subscriptions(sandbox: Sandbox, status: int, code: str) -> None:
    async def refuse(request: web.Request, _: str) -> web.Response | None:
        if request.path.startswith("/v1/subscriptions/"):
            return web.json_response({"error": {"code": code}}, status=status)
        return None

    sandbox.settings.interceptors = [refuse]


@pytest.mark.parametrize("status", [404, 400])
def test_what_is_gone_in_between_is_not_guessed(
    sandbox: Sandbox, business: Business, status: int
) -> None:
    a_coupon_that_only_its_subscription_tells_of(business)
    refuse_single_subscriptions(sandbox, status, "resource_missing")
    reading = read(sandbox)
    measured = compute(Mrr(), reading.account, reading.as_of, terms())
    assert "unreadable" in {warning.code for warning in measured.warnings}


def test_what_stripe_refuses_otherwise_is_no_object_that_is_gone(
    sandbox: Sandbox, business: Business
) -> None:
    a_coupon_that_only_its_subscription_tells_of(business)
    refuse_single_subscriptions(sandbox, 400, "parameter_invalid_empty")
    with pytest.raises(BadResponseError):
        read(sandbox)


def test_a_price_that_cannot_be_read_any_more_is_not_guessed(
    sandbox: Sandbox, business: Business
) -> None:
    business.add_subscription(business.add_price(tiers=[Tier(None, 500)]))

    async def be_gone(request: web.Request, _: str) -> web.Response | None:
        if request.path.startswith("/v1/prices"):
            return web.json_response({"error": {"code": "resource_missing"}}, status=404)
        return None

    sandbox.settings.interceptors = [be_gone]
    reading = read(sandbox)
    measured = compute(Mrr(), reading.account, reading.as_of, terms())
    assert "tiers were not given" in measured.warnings[-1].message


def test_a_deleted_customers_subscription_still_shows(sandbox: Sandbox, business: Business) -> None:
    subscription = business.add_subscription(business.add_price(1000))
    business.delete(business.state.customers[subscription.customer])
    reading = read(sandbox)
    canceled = compute(SubscriptionCount("canceled"), reading.account, reading.as_of, terms())
    assert canceled.value == 1


def test_many_coupons_that_are_not_used_do_not_cost_pages(
    sandbox: Sandbox, business: Business
) -> None:
    used = [business.add_coupon(percent_off=50) for _ in range(3)]
    price = business.add_price(10000)
    for coupon in used:
        business.add_subscription(price, discounts=[coupon])
    for _ in range(450):
        business.add_coupon(percent_off=10)
    reading = read(sandbox)
    assert mrr_of(reading) == 150
    # Three pages of the list, as many as there are coupons, and then one by one.
    assert reading.requests <= 1 + 3 + 3


def test_test_clocks_stay_out(sandbox: Sandbox, business: Business) -> None:
    price = business.add_price(1000)
    business.add_subscription(price, customer=business.add_customer(test_clock="clock_1"))
    business.add_subscription(price)
    assert mrr_of(read(sandbox)) == 10


def test_a_restricted_key_that_may_not_read_prices_names_the_permission(business: Business) -> None:
    key = a_key("rk_test_51Made1Up2Key3abcd", allow_restricted=True)
    allowed = frozenset({"rak_subscription_read", "rak_customer_read"})
    settings = SandboxSettings(keys=Keys(restricted={key.reveal(): allowed}))
    business.add_subscription(business.add_price(tiers=[Tier(None, 500)]))
    with start(business, settings=settings) as sandbox:
        source = StripeSource(key, api_base=sandbox.url)
        with pytest.raises(PermissionMissingError) as caught:
            source.read(SUBSCRIPTIONS)
    assert caught.value.permission == "rak_plan_read"
    assert "rak_plan_read" in str(caught.value)
