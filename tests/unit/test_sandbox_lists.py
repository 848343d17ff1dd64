"""The list rules of the sandbox: pages, cursors, ranges and filters."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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


def read_all(business: Business, path: str, limit: int, query: str = "") -> list[str]:
    read: list[str] = []
    cursor = ""
    while True:
        page = get(business.state, f"{path}?limit={limit}{query}{cursor}")
        read += ids(page)
        if not page["has_more"]:
            return read
        cursor = f"&starting_after={read[-1]}"


def customers_created(ages: list[int]) -> Business:
    business = Business.empty(now=NOW)
    for age in ages:
        business.add_customer(created=NOW - age)
    return business


@settings(max_examples=25, deadline=None)
@given(ages=st.lists(st.integers(0, 20), max_size=30), limit=st.integers(1, 12))
def test_pages_of_any_size_give_every_object_once_and_newest_first(
    ages: list[int], limit: int
) -> None:
    business = customers_created(ages)
    read = read_all(business, "/v1/customers", limit)
    created = [business.state.customers[each].created for each in read]
    assert sorted(read) == sorted(each.id for each in business.state.customers)
    assert created == sorted(created, reverse=True)
    assert read == read_all(business, "/v1/customers", 100)


@settings(max_examples=25, deadline=None)
@given(ages=st.lists(st.integers(0, 20), min_size=1, max_size=30), limit=st.integers(1, 12))
def test_pages_backwards_give_the_same_objects(ages: list[int], limit: int) -> None:
    business = customers_created(ages)
    forwards = read_all(business, "/v1/customers", 100)
    read = [forwards[-1]]
    while True:
        page = get(business.state, f"/v1/customers?limit={limit}&ending_before={read[0]}")
        read = ids(page) + read
        if not page["has_more"]:
            break
    assert read == forwards


@settings(max_examples=25, deadline=None)
@given(ages=st.lists(st.integers(0, 20), max_size=20), cut=st.integers(-1, 21))
def test_created_ranges_part_a_list_without_gap_or_overlap(ages: list[int], cut: int) -> None:
    business, at = customers_created(ages), NOW - cut
    whole = read_all(business, "/v1/customers", 100)
    for upper, lower in (("gte", "lt"), ("gt", "lte")):
        newer = read_all(business, "/v1/customers", 3, f"&created[{upper}]={at}")
        older = read_all(business, "/v1/customers", 3, f"&created[{lower}]={at}")
        assert newer + older == whole


def test_a_plain_created_means_that_second(business: Business) -> None:
    wanted = business.add_customer(created=NOW - 5)
    business.add_customer(created=NOW - 6)
    assert ids(get(business.state, f"/v1/customers?created={NOW - 5}")) == [wanted.id]


def test_a_page_holds_ten_objects_unless_a_limit_says_otherwise() -> None:
    business = customers_created(list(range(12)))
    page = get(business.state, "/v1/customers")
    assert (len(page["data"]), page["has_more"], page["url"]) == (10, True, "/v1/customers")


def test_objects_that_arrive_while_paging_disturb_nothing(business: Business) -> None:
    old = [business.add_customer(created=NOW - age).id for age in (3, 2, 1)]
    first = ids(get(business.state, "/v1/customers?limit=2"))
    business.add_customer(created=NOW)
    second = ids(get(business.state, f"/v1/customers?limit=2&starting_after={first[-1]}"))
    assert first + second == old[::-1]


def test_a_cursor_whose_object_left_the_filter_still_marks_its_place(business: Business) -> None:
    price = business.add_price(100)
    subs = [business.add_subscription(price, created=NOW - age) for age in (30, 20, 10)]
    business.cancel(subs[1])
    page = get(business.state, f"/v1/subscriptions?starting_after={subs[1].id}")
    assert ids(page) == [subs[0].id]


@pytest.mark.parametrize(
    ("query", "param", "message"),
    [
        ("limit=0", "limit", "This value must be greater than or equal to 1."),
        (
            "limit=101",
            "limit",
            "This value must be less than or equal to 100 (it currently is '101').",
        ),
        ("limit=ten", "limit", "Invalid integer: ten"),
        ("created[gte]=soon", "created[gte]", "Invalid integer: soon"),
        ("starting_after=cus_0", "starting_after", "No such customer: 'cus_0'"),
        ("ending_before=cus_0", "ending_before", "No such customer: 'cus_0'"),
        (
            "starting_after=a&ending_before=b",
            "ending_before",
            "You may only specify one of these parameters: ending_before, starting_after.",
        ),
        ("colour=red", "colour", "Received unknown parameter: colour"),
        ("a=1&b=2", "a", "Received unknown parameters: a, b"),
        ("created[since]=1", "created[since]", "Received unknown parameter: created[since]"),
    ],
)
def test_a_wrong_parameter_is_refused_in_stripes_words(
    business: Business, query: str, param: str, message: str
) -> None:
    error = refusal(business, f"/v1/customers?{query}")
    assert (error["status"], error["param"], error["message"]) == (400, param, message)


def test_an_empty_value_is_refused_with_advice(business: Business) -> None:
    error = refusal(business, "/v1/customers?limit=")
    assert error["code"] == "parameter_invalid_empty"
    assert "remove 'limit' from your request" in error["message"]


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


def test_items_beyond_the_embedded_ten_are_read_from_their_own_list(business: Business) -> None:
    sub = business.add_subscription([business.add_price(500) for _ in range(12)])
    embedded = get(business.state, f"/v1/subscriptions/{sub.id}")["items"]
    assert (len(embedded["data"]), embedded["has_more"]) == (10, True)
    last = embedded["data"][-1]["id"]
    target = f"/v1/subscription_items?subscription={sub.id}"
    rest = get(business.state, f"{target}&starting_after={last}")
    assert ids(embedded) + ids(rest) == [item.id for item in sub.items]
    assert rest["has_more"] is False
    back = get(business.state, f"{target}&limit=3&ending_before={ids(rest)[0]}")
    assert ids(back) == ids(embedded)[-3:]
    assert back["has_more"] is True


def test_items_need_a_subscription_that_exists(business: Business) -> None:
    missing = refusal(business, "/v1/subscription_items")
    assert missing["message"] == "Missing required param: subscription."
    unknown = refusal(business, "/v1/subscription_items?subscription=sub_0")
    assert (unknown["status"], unknown["param"]) == (400, "subscription")


def test_events_are_filtered_by_type_with_a_star_or_by_a_list(business: Business) -> None:
    business.add_subscription(business.add_price(100, created=NOW), created=NOW)

    def kinds(query: str) -> set[str]:
        page = get(business.state, f"/v1/events?limit=100&{query}")
        return {each["type"] for each in page["data"]}

    assert kinds("type=price.created") == {"price.created"}
    assert kinds("type=customer.*") == {"customer.created", "customer.subscription.created"}
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
    ):
        error = refusal(business, path)
        assert (error["status"], error["code"]) == (404, "resource_missing")
        assert error["message"] == words


def test_the_kept_list_of_a_large_business_follows_every_change() -> None:
    business = Business.empty(now=NOW)
    price = business.add_price(100)
    customer = business.add_customer()
    subs = [business.add_subscription(price, customer=customer) for _ in range(2_001)]
    target = "/v1/subscriptions?status=canceled"
    assert ids(get(business.state, target)) == []
    business.cancel(subs[7])
    assert ids(get(business.state, target)) == [subs[7].id]
