"""What the API offers to be asked, and what its description says of it."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from functions.api.handler import handle
from shared.domain.definitions import CHOICES, NET_DEDUCTS, Definitions
from shared.domain.metrics import query_from_dict, query_to_dict
from shared.domain.metrics.queries import QUERY_TYPES
from shared.domain.settings import InvalidSettingError
from shared.domain.windows import LONG_TIME_RANGES, TIME_RANGES
from tests.api_events import CONTEXT, an_event


def answer_of(path):
    answer = handle(an_event("GET", path), CONTEXT)
    assert answer["statusCode"] == 200
    return json.loads(answer["body"])


@pytest.fixture(scope="module")
def offered():
    return {entry["type"]: entry for entry in answer_of("/v1/metric-types")["data"]}


@pytest.fixture(scope="module")
def described():
    return answer_of("/openapi.json")["components"]["schemas"]


def setting_of(entry, name):
    (setting,) = [found for found in entry["settings"] if found["name"] == name]
    return setting


def words_of(setting):
    return [option["value"] for option in setting["options"]]


def label_of(setting, word):
    (label,) = [option["label"] for option in setting["options"] if option["value"] == word]
    return label


def is_accepted(query):
    try:
        query_from_dict(query)
    except InvalidSettingError:
        return False
    return True


def test_all_eight_types_are_offered(offered):
    assert [*offered] == [
        "mrr",
        "arr",
        "customer_count",
        "subscription_count",
        "revenue",
        "arpu",
        "churn",
        "nrr",
    ]


def test_a_type_is_offered_with_the_settings_and_defaults_that_hold(offered):
    for name, entry in offered.items():
        defaults = {setting["name"]: setting["default"] for setting in entry["settings"]}
        assert query_to_dict(query_from_dict({"type": name})) == {"type": name, **defaults}


def test_everything_that_is_offered_is_accepted(offered):
    for name, entry in offered.items():
        for setting in entry["settings"]:
            values = [False, True] if setting["kind"] == "switch" else words_of(setting)
            for value in values:
                query = {"type": name, setting["name"]: value}
                assert query.items() <= query_to_dict(query_from_dict(query)).items()


def test_every_word_that_is_accepted_is_offered(offered):
    settings = [setting for entry in offered.values() for setting in entry["settings"]]
    words = {word for setting in settings for word in words_of(setting)}
    for name, entry in offered.items():
        for setting in entry["settings"]:
            accepted = {w for w in words if is_accepted({"type": name, setting["name"]: w})}
            assert accepted == set(words_of(setting))


def test_every_text_is_there(offered):
    for entry in offered.values():
        assert entry["title"]
        assert entry["description"].endswith(".")
        for setting in entry["settings"]:
            assert setting["label"]
            assert setting["help"].endswith(".")
            assert all(option["label"] for option in setting["options"])


def test_time_ranges_are_called_by_their_days(offered):
    ranges = setting_of(offered["revenue"], "time_range")
    assert [option["label"] for option in ranges["options"]] == [
        "Last 24 hours",
        "Last 7 days",
        "Last 30 days",
        "Last 90 days",
        "Last 365 days",
    ]
    assert words_of(ranges) == [*TIME_RANGES]


@pytest.mark.parametrize("kind", ["arpu", "churn", "nrr"])
def test_only_long_ranges_are_offered_where_short_ones_say_little(offered, kind):
    ranges = setting_of(offered[kind], "time_range")
    assert words_of(ranges) == [*LONG_TIME_RANGES]
    assert "needs monthly periods at least" in ranges["help"]


def test_it_is_said_that_the_time_range_does_not_change_all_and_active_customers(offered):
    ranges = setting_of(offered["customer_count"], "time_range")
    assert "does not change all and active customers" in ranges["help"]


def test_the_unit_is_that_of_the_default_settings(offered):
    assert {name: entry["unit"] for name, entry in offered.items()} == {
        "mrr": "currency",
        "arr": "currency",
        "customer_count": "count",
        "subscription_count": "count",
        "revenue": "currency",
        "arpu": "currency",
        "churn": "percent",
        "nrr": "percent",
    }


def test_where_a_setting_decides_the_unit_each_choice_tells_its_own(offered):
    measures = setting_of(offered["churn"], "churn_metric")
    assert {option["value"]: option["unit"] for option in measures["options"]} == {
        "customer_churn_rate": "percent",
        "revenue_churn_rate": "percent",
        "churned_mrr": "currency",
    }
    ranges = setting_of(offered["churn"], "time_range")
    assert [option["unit"] for option in ranges["options"]] == [None, None, None]


def test_abbreviations_keep_their_capitals(offered):
    assert label_of(setting_of(offered["churn"], "churn_metric"), "churned_mrr") == "Churned MRR"
    assert label_of(setting_of(offered["subscription_count"], "status"), "past_due") == "Past due"


@pytest.mark.parametrize("body", ["MetricBody", "TestQueryBody"])
def test_the_description_of_the_api_has_the_eight_queries(described, offered, body):
    assert described[body]["properties"]["query"] == {"$ref": "#/components/schemas/MetricQuery"}
    queries = {
        query["properties"]["type"]["const"]: query for query in described["MetricQuery"]["oneOf"]
    }
    assert queries.keys() == QUERY_TYPES.keys()
    for name, query in queries.items():
        assert query["description"]
        assert query["required"] == ["type"]
        assert query["additionalProperties"] is False
        settings = {key: field for key, field in query["properties"].items() if key != "type"}
        assert settings.keys() == {setting["name"] for setting in offered[name]["settings"]}
        for key, field in settings.items():
            setting = setting_of(offered[name], key)
            assert field["default"] == setting["default"]
            assert field.get("enum", []) == words_of(setting)


def test_the_description_of_the_api_has_the_definitions(described):
    reference = {"$ref": "#/components/schemas/Definitions"}
    assert described["IntegrationBody"]["properties"]["definitions"] == reference
    schema = described["Definitions"]
    assert schema["properties"].keys() == Definitions().to_dict().keys()
    assert schema["additionalProperties"] is False
    assert schema["properties"]["past_due"]["enum"] == ["exclude", "include"]
    assert schema["properties"]["net_deducts"]["items"]["enum"] == ["refunds", "disputes", "fees"]


def test_the_page_about_the_metrics_has_every_type_and_every_option():
    page = (Path(__file__).parents[2] / "docs" / "metrics.md").read_text()
    options = [word for name, words in CHOICES.items() for word in (name, *words)]
    for word in (*QUERY_TYPES, *options, *NET_DEDUCTS, "match_stripe"):
        assert f"`{word}`" in page


def test_each_type_comes_with_the_schema_of_its_queries(offered):
    for kind, entry in offered.items():
        schema = entry["query_schema"]
        Draft202012Validator.check_schema(schema)
        defaults = {setting["name"]: setting["default"] for setting in entry["settings"]}
        assert Draft202012Validator(schema).is_valid({"type": kind, **defaults})
        assert not Draft202012Validator(schema).is_valid({"type": kind, "colour": "red"})
