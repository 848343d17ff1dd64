"""Definitions and metric queries: what is accepted, and how a mistake is named."""

from typing import Any

import pytest

from shared.domain.definitions import Definitions
from shared.domain.metrics import Arr, Mrr, SubscriptionCount, query_from_dict, query_to_dict
from shared.domain.settings import InvalidSettingError


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
    ],
)
def test_a_query_is_read_and_written(query: dict[str, Any], read: Any) -> None:
    assert query_from_dict(query) == read
    assert query_from_dict(query_to_dict(read)) == read
    assert query.items() <= query_to_dict(read).items()


@pytest.mark.parametrize(
    ("query", "pointer", "words"),
    [
        ({}, "/type", "mrr, arr or subscription_count"),
        ({"type": "profit"}, "/type", "mrr, arr or subscription_count"),
        ({"type": ["mrr"]}, "/type", "mrr, arr or subscription_count"),
        ({"type": "mrr", "include_trials": "yes"}, "/include_trials", "true or false"),
        ({"type": "mrr", "status": "all"}, "/status", "no such setting"),
        ({"type": "subscription_count", "status": "gone"}, "/status", "all, active"),
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
