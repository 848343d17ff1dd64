"""Definitions and metric queries: what is accepted, and how a mistake is named."""

from typing import Any, get_args

import pytest

from shared.domain.definitions import CHOICES, NET_DEDUCTS, PRESETS, Definitions
from shared.domain.metrics import (
    Arpu,
    Arr,
    Churn,
    CustomerCount,
    Mrr,
    Nrr,
    Revenue,
    SubscriptionCount,
    query_from_dict,
    query_to_dict,
)
from shared.domain.metrics.queries import QUERY_TYPES, CountedStatus
from shared.domain.settings import InvalidSettingError
from shared.domain.subscriptions import STATUSES
from shared.domain.windows import LONG_TIME_RANGES, TIME_RANGES, LongTimeRange, TimeRange


def test_every_option_has_a_default() -> None:
    assert Definitions.from_dict({}) == Definitions()
    assert Definitions().to_dict() == {
        "preset": "default",
        "past_due": "exclude",
        "discounts": "recurring",
        "paused_collection": "include",
        "net_deducts": ["refunds", "disputes"],
        "revenue_churn": "cancellations",
        "customer_churn": "cohort",
        "churn_on": "ended",
    }


def test_match_stripe_sets_what_stripes_dashboard_does() -> None:
    stripes = Definitions.from_dict({"preset": "match_stripe"})
    assert (stripes.past_due, stripes.discounts) == ("include", "forever_only")
    assert (stripes.customer_churn, stripes.net_deducts) == (
        "stripe",
        ("refunds", "disputes", "fees"),
    )


def test_options_beside_a_preset_win() -> None:
    mixed = Definitions.from_dict({"preset": "match_stripe", "past_due": "exclude"})
    assert (mixed.past_due, mixed.discounts) == ("exclude", "forever_only")


@pytest.mark.parametrize("settings", [{}, {"preset": "match_stripe"}, {"net_deducts": []}])
def test_definitions_read_back_as_they_were_written(settings: dict[str, Any]) -> None:
    definitions = Definitions.from_dict(settings)
    assert Definitions.from_dict(definitions.to_dict()) == definitions


def test_the_version_follows_the_meaning_and_not_the_writing() -> None:
    default = Definitions()
    written_out = {k: v for k, v in default.to_dict().items() if k != "preset"}
    assert Definitions.from_dict(written_out).version == default.version
    assert Definitions(past_due="include").version != default.version
    assert len(default.version) == 12
    assert Definitions(net_deducts=()).version != default.version


def test_the_order_of_what_net_deducts_does_not_matter() -> None:
    turned = Definitions.from_dict({"net_deducts": ["disputes", "refunds", "refunds"]})
    assert turned == Definitions()


@pytest.mark.parametrize(
    ("settings", "pointer", "words"),
    [
        ({"past_due": "maybe"}, "/past_due", "exclude or include"),
        ({"past_due": True}, "/past_due", "exclude or include"),
        ({"preset": ["default"]}, "/preset", "default or match_stripe"),
        ({"metered": "exclude"}, "/metered", "no such setting"),
        ({"a/b~c": 1}, "/a~1b~0c", "no such setting"),
        ({"net_deducts": "refunds"}, "/net_deducts", "list"),
        ({"net_deducts": ["refunds", "tax"]}, "/net_deducts/1", "refunds, disputes or fees"),
        ({"net_deducts": [{}]}, "/net_deducts/0", "refunds, disputes or fees"),
        ("default", "", "must be an object"),
    ],
)
def test_a_wrong_definition_is_named_with_what_is_accepted(
    settings: object, pointer: str, words: str
) -> None:
    with pytest.raises(InvalidSettingError) as caught:
        Definitions.from_dict(settings)
    assert caught.value.pointer == pointer
    assert words in caught.value.detail


@pytest.mark.parametrize(
    ("query", "read"),
    [
        ({"type": "mrr"}, Mrr()),
        ({"type": "mrr", "include_trials": True}, Mrr(include_trials=True)),
        ({"type": "arr", "include_trials": False}, Arr()),
        ({"type": "subscription_count"}, SubscriptionCount("active")),
        ({"type": "subscription_count", "status": "all"}, SubscriptionCount("all")),
        ({"type": "subscription_count", "status": "unpaid"}, SubscriptionCount("unpaid")),
        ({"type": "customer_count"}, CustomerCount("all", "last_month")),
        (
            {"type": "customer_count", "customer_type": "churned", "time_range": "last_day"},
            CustomerCount("churned", "last_day"),
        ),
        ({"type": "revenue"}, Revenue("total", "last_month")),
        (
            {"type": "revenue", "revenue_metric": "fees", "time_range": "last_week"},
            Revenue("fees", "last_week"),
        ),
        ({"type": "arpu"}, Arpu("last_month")),
        ({"type": "arpu", "time_range": "last_quarter"}, Arpu("last_quarter")),
        ({"type": "churn"}, Churn("customer_churn_rate", "last_month")),
        (
            {"type": "churn", "churn_metric": "churned_mrr", "time_range": "last_year"},
            Churn("churned_mrr", "last_year"),
        ),
        ({"type": "nrr"}, Nrr("last_month")),
        ({"type": "nrr", "time_range": "last_year"}, Nrr("last_year")),
    ],
)
def test_a_query_is_read_and_written(query: dict[str, Any], read: Any) -> None:
    assert query_from_dict(query) == read
    assert query_from_dict(query_to_dict(read)) == read
    assert query.items() <= query_to_dict(read).items()


@pytest.mark.parametrize(
    ("query", "pointer", "words"),
    [
        ({}, "/type", "mrr, arr, customer_count,"),
        ({"type": "profit"}, "/type", "arpu, churn or nrr"),
        ({"type": ["mrr"]}, "/type", "arpu, churn or nrr"),
        ({"type": "mrr", "include_trials": "yes"}, "/include_trials", "true or false"),
        ({"type": "mrr", "status": "all"}, "/status", "no such setting"),
        ({"type": "subscription_count", "status": "gone"}, "/status", "all, active"),
        ({"type": "customer_count", "customer_type": "old"}, "/customer_type", "new or churned"),
        ({"type": "revenue", "revenue_metric": "gross"}, "/revenue_metric", "refunds or fees"),
        ({"type": "revenue", "time_range": "forever"}, "/time_range", "last_day, last_week,"),
        ({"type": "revenue", "time_range": ["last_day"]}, "/time_range", "last_day, last_week,"),
        ({"type": "churn", "churn_metric": "gross"}, "/churn_metric", "or churned_mrr"),
        ({"type": "nrr", "time_range": "last_decade"}, "/time_range", "last_month, last_quarter"),
        ({"type": "arpu", "revenue_metric": "net"}, "/revenue_metric", "no such setting"),
        ([], "", "must be an object"),
    ],
)
def test_a_wrong_query_is_named_with_what_is_accepted(
    query: object, pointer: str, words: str
) -> None:
    with pytest.raises(InvalidSettingError) as caught:
        query_from_dict(query)
    assert caught.value.pointer == pointer
    assert words in caught.value.detail


@pytest.mark.parametrize("time_range", ["last_day", "last_week"])
@pytest.mark.parametrize("kind", ["arpu", "churn", "nrr"])
def test_a_range_that_is_too_short_for_a_metric_is_refused_with_the_reason(
    kind: str, time_range: str
) -> None:
    with pytest.raises(InvalidSettingError) as caught:
        query_from_dict({"type": kind, "time_range": time_range})
    assert caught.value.pointer == "/time_range"
    assert "needs monthly periods at least" in caught.value.detail
    assert caught.value.detail.endswith("Use last_month, last_quarter or last_year.")


@pytest.mark.parametrize("kind", ["customer_count", "revenue"])
@pytest.mark.parametrize("time_range", TIME_RANGES)
def test_every_range_can_be_asked_of_counts_and_revenue(kind: str, time_range: str) -> None:
    query = {"type": kind, "time_range": time_range}
    assert query.items() <= query_to_dict(query_from_dict(query)).items()


def test_a_query_of_nothing_but_its_type_takes_the_defaults() -> None:
    for name, kind in QUERY_TYPES.items():
        assert query_from_dict({"type": name}) == kind()


@pytest.mark.parametrize(
    ("query", "unit"),
    [
        (Mrr(), "currency"),
        (Arr(), "currency"),
        (CustomerCount(), "count"),
        (SubscriptionCount(), "count"),
        (Revenue(), "currency"),
        (Arpu(), "currency"),
        (Churn("customer_churn_rate"), "percent"),
        (Churn("revenue_churn_rate"), "percent"),
        (Churn("churned_mrr"), "currency"),
        (Nrr(), "percent"),
    ],
)
def test_a_query_tells_the_unit_of_its_value(query: Any, unit: str) -> None:
    assert query.unit == unit


def test_the_words_that_are_written_twice_are_the_same() -> None:
    assert get_args(CountedStatus) == ("all", *STATUSES)
    assert get_args(TimeRange) == TIME_RANGES
    assert get_args(LongTimeRange) == LONG_TIME_RANGES


def test_every_word_of_every_option_is_read() -> None:
    words = [("preset", word) for word in PRESETS]
    words += [(option, word) for option, choices in CHOICES.items() for word in choices]
    for option, word in words:
        assert Definitions.from_dict({option: word}).to_dict()[option] == word
    assert Definitions.from_dict({"net_deducts": [*NET_DEDUCTS]}).net_deducts == NET_DEDUCTS
