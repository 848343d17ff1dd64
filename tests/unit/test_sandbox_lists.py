"""The list rules of the sandbox: pages, cursors, ranges and filters."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local.stripe_sandbox import Business
from local.stripe_sandbox.endpoints import get
from local.stripe_sandbox.errors import StripeError

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
        ("email[a]=1", "email", "Invalid string: {'a': '1'}"),
        ("created[]=1", "created", "Invalid object"),
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
    sub = business.add_subscription(business.add_price(1))
    lost = refusal(business, f"/v1/subscription_items?subscription={sub.id}&ending_before=si_0")
    assert (lost["message"], lost["param"]) == (
        "No such subscription item: 'si_0'",
        "ending_before",
    )


def test_the_kept_list_of_a_large_business_follows_every_change() -> None:
    business = Business.empty(now=NOW)
    price = business.add_price(100)
    customer = business.add_customer()
    subs = [business.add_subscription(price, customer=customer) for _ in range(2_001)]
    target = "/v1/subscriptions?status=canceled"
    assert ids(get(business.state, target)) == []
    business.cancel(subs[7])
    assert ids(get(business.state, target)) == [subs[7].id]
