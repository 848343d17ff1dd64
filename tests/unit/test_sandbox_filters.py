"""What each list of the sandbox filters on, and what it leaves out unless asked."""

from typing import Any

import pytest

from local.stripe_sandbox import Business
from local.stripe_sandbox.endpoints import get
from local.stripe_sandbox.errors import StripeError
from local.stripe_sandbox.periods import DAY

NOW = 1_800_000_000


@pytest.fixture(name="business")
def _business() -> Business:
    return Business.empty(now=NOW)


def ids(body: dict[str, Any]) -> list[str]:
    return [each["id"] for each in body["data"]]


def refusal(business: Business, target: str) -> dict[str, Any]:
    with pytest.raises(StripeError) as caught:
        get(business.state, target)
    return {"status": caught.value.status, **caught.value.body()["error"]}


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("", {"active", "trialing", "past_due", "unpaid", "paused", "incomplete",
              "incomplete_expired"}),
        ("all", {"active", "trialing", "past_due", "unpaid", "paused", "incomplete",
                 "incomplete_expired", "canceled"}),
        ("ended", {"canceled", "incomplete_expired"}),
        ("canceled", {"canceled"}),
        ("active", {"active"}),
        ("paused", {"paused"}),
    ],
)  # fmt: skip
def test_subscriptions_are_listed_by_status(
    business: Business, status: str, expected: set[str]
) -> None:
    price = business.add_price(100)
    for each in ("active", "trialing", "past_due", "unpaid", "paused", "incomplete",
                 "incomplete_expired", "canceled"):  # fmt: skip
        business.add_subscription(price, status=each)
    query = f"?status={status}" if status else ""
    page = get(business.state, f"/v1/subscriptions{query}")
    assert {each["status"] for each in page["data"]} == expected


def test_an_unknown_status_is_refused(business: Business) -> None:
    error = refusal(business, "/v1/subscriptions?status=gone")
    assert error["message"].startswith("Invalid status: must be one of active, past_due")


def test_subscriptions_are_filtered_by_customer_and_price(business: Business) -> None:
    cheap, dear = business.add_price(100), business.add_price(900)
    wanted = business.add_subscription([cheap, dear])
    other = business.add_subscription(cheap)
    find = business.state
    assert ids(get(find, f"/v1/subscriptions?customer={wanted.customer}")) == [wanted.id]
    assert ids(get(find, f"/v1/subscriptions?price={dear.id}")) == [wanted.id]
    assert set(ids(get(find, f"/v1/subscriptions?price={cheap.id}"))) == {wanted.id, other.id}
    assert refusal(business, "/v1/subscriptions?customer=cus_0")["code"] == "resource_missing"
    assert refusal(business, "/v1/subscriptions?price=price_0")["param"] == "price"


def test_subscriptions_are_filtered_by_their_period(business: Business) -> None:
    sub = business.add_subscription(business.add_price(100), created=NOW - 10 * DAY)
    end = sub.items[0].period_end
    assert ids(get(business.state, f"/v1/subscriptions?current_period_end[lte]={end}"))
    assert not ids(get(business.state, f"/v1/subscriptions?current_period_end[lt]={end}"))
    assert not ids(get(business.state, f"/v1/subscriptions?current_period_start[gt]={NOW}"))


def test_objects_of_test_clocks_are_listed_only_where_asked_for(business: Business) -> None:
    clocked = business.add_customer(test_clock="clock_1")
    sub = business.add_subscription(business.add_price(100), customer=clocked)
    assert ids(get(business.state, "/v1/customers")) == []
    assert ids(get(business.state, "/v1/subscriptions?status=all")) == []
    assert ids(get(business.state, "/v1/customers?test_clock=clock_1")) == [clocked.id]
    assert ids(get(business.state, "/v1/subscriptions?test_clock=clock_1")) == [sub.id]
    assert ids(get(business.state, f"/v1/subscriptions?customer={clocked.id}")) == [sub.id]


def test_prices_are_the_active_ones_by_default_and_never_inline_ones(business: Business) -> None:
    active = business.add_price(100)
    archived = business.add_price(200, active=False)
    inline = business.add_price(300, inline=True)
    assert ids(get(business.state, "/v1/prices")) == [active.id]
    assert ids(get(business.state, "/v1/prices?active=true")) == [active.id]
    assert ids(get(business.state, "/v1/prices?active=false")) == [archived.id]
    assert get(business.state, f"/v1/prices/{inline.id}")["unit_amount"] == 300


def test_prices_are_filtered_by_type_product_recurrence_and_lookup_key(business: Business) -> None:
    once = business.add_price(100, interval=None)
    yearly = business.add_price(100, interval="year", lookup_key="pro")
    metered = business.add_price(1, meter="mtr_1", currency="eur")

    def find(query: str) -> list[str]:
        return ids(get(business.state, f"/v1/prices?{query}"))

    assert find("type=one_time") == [once.id]
    assert set(find("type=recurring")) == {yearly.id, metered.id}
    assert find("recurring[interval]=year") == [yearly.id]
    assert find("recurring[usage_type]=metered") == [metered.id]
    assert find("recurring[meter]=mtr_1") == [metered.id]
    assert find("lookup_keys[]=pro&lookup_keys[]=max") == [yearly.id]
    assert find("lookup_keys[0]=pro") == [yearly.id]
    assert find(f"product={once.product}") == [once.id]
    assert find("currency=eur") == [metered.id]


def test_products_and_tax_rates_are_filtered(business: Business) -> None:
    sold = business.add_product("Desk")
    retired = business.add_product("Chair", active=False)
    included = business.add_tax_rate(inclusive=True)
    business.add_tax_rate(active=False)

    def find(path: str) -> list[str]:
        return ids(get(business.state, path))

    assert find("/v1/products") == [retired.id, sold.id]
    assert find("/v1/products?active=true") == [sold.id]
    assert find(f"/v1/products?ids[]={retired.id}") == [retired.id]
    assert find("/v1/products?shippable=true") == find("/v1/products?url=https://x.example") == []
    assert find("/v1/tax_rates?inclusive=true") == [included.id]
    assert find("/v1/tax_rates?active=true") == [included.id]


def test_subscriptions_are_filtered_by_how_they_are_collected(business: Business) -> None:
    price = business.add_price(100)
    sent = business.add_subscription(price, collection_method="send_invoice", days_until_due=14)
    business.add_subscription(price)
    target = "/v1/subscriptions?collection_method=send_invoice"
    assert ids(get(business.state, target)) == [sent.id]
    assert ids(get(business.state, f"{target}&automatic_tax[enabled]=true")) == []
    assert len(ids(get(business.state, "/v1/subscriptions?automatic_tax[enabled]=false"))) == 2


def test_customers_are_found_by_email(business: Business) -> None:
    business.add_customer()
    second = business.add_customer()
    page = get(business.state, "/v1/customers?email=customer-0002@example.com")
    assert ids(page) == [second.id]


def test_a_deleted_customer_is_not_listed_but_found_by_id(business: Business) -> None:
    customer = business.add_customer()
    sub = business.add_subscription(business.add_price(100), customer=customer)
    business.delete(customer)
    assert ids(get(business.state, "/v1/customers")) == []
    assert get(business.state, f"/v1/customers/{customer.id}") == {
        "id": customer.id,
        "object": "customer",
        "deleted": True,
    }
    assert ids(get(business.state, "/v1/subscriptions?status=canceled")) == [sub.id]


def test_a_deleted_coupon_is_gone_but_its_discounts_keep_working(business: Business) -> None:
    coupon = business.add_coupon(percent_off=40.0)
    sub = business.add_subscription(business.add_price(100), discounts=[coupon])
    business.delete(coupon)
    assert ids(get(business.state, "/v1/coupons")) == []
    assert refusal(business, f"/v1/coupons/{coupon.id}")["status"] == 404
    shown = get(business.state, f"/v1/subscriptions/{sub.id}?expand[]=discounts.source.coupon")
    assert shown["discounts"][0]["source"]["coupon"]["percent_off"] == 40.0


def test_events_are_filtered_by_type_with_a_star_or_by_a_list(business: Business) -> None:
    business.add_subscription(business.add_price(100, created=NOW), created=NOW)

    def kinds(query: str) -> set[str]:
        page = get(business.state, f"/v1/events?limit=100&{query}")
        return {each["type"] for each in page["data"]}

    assert kinds("type=price.created") == {"price.created"}
    assert kinds("type=customer.subscription.*") == {"customer.subscription.created"}
    assert kinds("types[]=price.created&types[]=product.created") == {
        "price.created",
        "product.created",
    }
    assert kinds("delivery_success=false") == set()


def test_at_most_twenty_event_types_and_not_both_forms(business: Business) -> None:
    many = "&".join(f"types[]=t{number}" for number in range(21))
    assert refusal(business, f"/v1/events?{many}")["param"] == "types"
    both = refusal(business, "/v1/events?type=a&types[]=b")
    assert both["code"] == "parameters_exclusive"


def test_an_id_that_nothing_has_is_resource_missing(business: Business) -> None:
    for path, words in (
        ("/v1/subscriptions/x", "No such subscription: 'x'"),
        ("/v1/subscription_items/x", "No such subscription item: 'x'"),
        ("/v1/accounts/acct_x", "No such account: 'acct_x'"),
        ("/v1/coupons/x", "No such coupon: 'x'"),
    ):
        error = refusal(business, path)
        assert (error["status"], error["code"]) == (404, "resource_missing")
        assert error["message"] == words


def test_a_boolean_is_true_or_false(business: Business) -> None:
    assert refusal(business, "/v1/prices?active=yes")["message"] == "Invalid boolean: yes"


def test_a_path_that_is_no_endpoint_is_unrecognized(business: Business) -> None:
    assert refusal(business, "/v1/widgets/a/b")["status"] == 404
