"""The tables: their keys, their stream, and what becomes of their data."""

import pytest

from tests.infra.conftest import TemplateOf
from tests.infra.reading import Template

TABLES = "AWS::DynamoDB::GlobalTable"
KEYS = [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}]


@pytest.mark.parametrize("name", ["StorageMetrics", "StorageLedger"])
def test_both_tables_are_on_demand_and_can_be_restored_to_any_second(
    template: Template, name: str
) -> None:
    table = template.of_type(TABLES)[name]
    (replica,) = table["Replicas"]

    assert table["KeySchema"] == KEYS
    assert table["BillingMode"] == "PAY_PER_REQUEST"
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}
    assert replica["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert replica["DeletionProtectionEnabled"] is True


def test_only_the_metrics_table_streams_and_lists_collections(template: Template) -> None:
    metrics, ledger = (template.of_type(TABLES)[f"Storage{n}"] for n in ("Metrics", "Ledger"))
    (index,) = metrics["GlobalSecondaryIndexes"]

    assert metrics["StreamSpecification"] == {"StreamViewType": "NEW_IMAGE"}
    assert index["IndexName"] == "collections"
    assert [key["AttributeName"] for key in index["KeySchema"]] == ["collection", "collected_at"]
    assert index["Projection"] == {"ProjectionType": "ALL"}
    assert "StreamSpecification" not in ledger
    assert "GlobalSecondaryIndexes" not in ledger


@pytest.mark.parametrize(("stage", "policy"), [("prod", "Retain"), ("local", "Delete")])
def test_data_outlives_the_stack_in_production_only(
    template_of: TemplateOf, stage: str, policy: str
) -> None:
    template = template_of(stage)

    for name in ("StorageMetrics", "StorageLedger", "IdentityUsers"):
        assert template.resource(name)["DeletionPolicy"] == policy
        assert template.resource(name)["UpdateReplacePolicy"] == policy


def test_every_function_has_a_log_group_that_forgets(template: Template) -> None:
    groups = template.of_type("AWS::Logs::LogGroup")

    for function in template.of_type("AWS::Lambda::Function").values():
        assert function["LoggingConfig"]["LogFormat"] == "JSON"
        assert function["LoggingConfig"]["LogGroup"]["Ref"][:-8] in groups
    assert {group["RetentionInDays"] for group in groups.values()} == {90}
