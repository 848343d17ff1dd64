"""Who may do what: the exact grants of every function, and nothing else anywhere."""

import json
from typing import Any

import pytest

from tests.infra.conftest import TemplateOf
from tests.infra.reading import Template, readable

METRICS, LEDGER = "StorageMetrics.Arn", "StorageLedger.Arn"
COLLECTIONS = "StorageMetrics.Arn/index/collections"
QUEUE, TOPIC = "SyncQueue.Arn", "<AlertsTopic>"
SECRETS = (
    "arn:<AWS::Partition>:secretsmanager:<AWS::Region>:<AWS::AccountId>:"
    "secret:stripe-metrics/prod/*"
)
READ = {"dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query"}
COMMIT = {"dynamodb:ConditionCheckItem", "dynamodb:PutItem"}
REMOVE = {"dynamodb:BatchWriteItem", "dynamodb:DeleteItem"}


def logs_of(function: str) -> set[tuple[str, str]]:
    group = f"{function.removesuffix('Function')}Logs.Arn"
    return {("logs:CreateLogStream", group), ("logs:PutLogEvents", group)}


def all_of(actions: set[str], resource: str) -> set[tuple[str, str]]:
    return {(action, resource) for action in actions}


def alerts_grants() -> set[tuple[str, str]]:
    return all_of(READ | COMMIT | {"dynamodb:DeleteItem"}, METRICS) | {
        ("sns:Publish", TOPIC),
        # The Service Authorization Reference knows no resource for these two.
        ("sns:CheckIfPhoneNumberIsOptedOut", "*"),
        ("sns:GetSubscriptionAttributes", "*"),
        ("sqs:SendMessage", "AlertsFailures.Arn"),
    }


def dispatcher_grants() -> set[tuple[str, str]]:
    return {
        ("dynamodb:Query", COLLECTIONS),
        ("sqs:SendMessage", QUEUE),
        ("sqs:SendMessage", "SchedulesFailures.Arn"),
    }


EXPECTED = {
    **{
        f"Sync{interval}DispatcherFunction": dispatcher_grants()
        for interval in ("Hourly", "Daily", "Weekly")
    },
    "SyncWorkerFunction": all_of(READ | {"dynamodb:BatchWriteItem", "dynamodb:PutItem"}, METRICS)
    | all_of(READ | {"dynamodb:BatchWriteItem", "dynamodb:UpdateItem"}, LEDGER)
    | all_of(
        {
            "sqs:ChangeMessageVisibility",
            "sqs:DeleteMessage",
            "sqs:GetQueueAttributes",
            "sqs:ReceiveMessage",
            "sqs:SendMessage",
        },
        QUEUE,
    )
    | {("secretsmanager:GetSecretValue", SECRETS)},
    "AlertsEvaluatorFunction": alerts_grants()
    | all_of(
        {
            "dynamodb:DescribeStream",
            "dynamodb:GetRecords",
            "dynamodb:GetShardIterator",
            "dynamodb:ListStreams",
        },
        "StorageMetrics.StreamArn",
    ),
    "AlertsSweeperFunction": alerts_grants()
    | {
        ("dynamodb:Query", COLLECTIONS),
        ("sqs:SendMessage", "SchedulesFailures.Arn"),
    },
    "ApiHandlerFunction": all_of(READ | COMMIT | REMOVE | {"dynamodb:UpdateItem"}, METRICS)
    | all_of(READ | REMOVE | {"dynamodb:UpdateItem"}, LEDGER)
    | all_of(
        {
            "secretsmanager:CreateSecret",
            "secretsmanager:DeleteSecret",
            "secretsmanager:GetSecretValue",
            "secretsmanager:PutSecretValue",
            "secretsmanager:RestoreSecret",
        },
        SECRETS,
    )
    | {
        ("dynamodb:Query", COLLECTIONS),
        ("sqs:SendMessage", QUEUE),
        ("sns:ListSubscriptionsByTopic", TOPIC),
        ("sns:Publish", TOPIC),
        ("sns:Subscribe", TOPIC),
        # As above.
        ("sns:CheckIfPhoneNumberIsOptedOut", "*"),
        ("sns:GetSubscriptionAttributes", "*"),
        ("sns:Unsubscribe", "*"),
    },
}


def test_there_is_a_role_for_each_function_and_one_for_the_scheduler(template: Template) -> None:
    roles = template.of_type("AWS::IAM::Role")

    assert set(template.of_type("AWS::Lambda::Function")) == set(EXPECTED)
    assert len(roles) == len(EXPECTED) + 1
    assert all("ManagedPolicyArns" not in role for role in roles.values())


@pytest.mark.parametrize("function", EXPECTED)
def test_a_function_may_do_exactly_what_it_needs(template: Template, function: str) -> None:
    assert template.grants(function) == EXPECTED[function] | logs_of(function)


def test_the_scheduler_may_invoke_its_targets_and_keep_what_fails(template: Template) -> None:
    policy = template.of_type("AWS::IAM::Policy")["SchedulesRoleDefaultPolicy"]
    statements = policy["PolicyDocument"]["Statement"]

    assert [(s["Action"], s["Resource"]) for s in statements][1] == (
        "sqs:SendMessage",
        {"Fn::GetAtt": [_logical_id(template, "SchedulesFailures"), "Arn"]},
    )
    assert statements[0]["Action"] == "lambda:InvokeFunction"
    assert {readable(resource) for resource in statements[0]["Resource"]} == {
        "SyncHourlyDispatcherFunction.Arn",
        "SyncDailyDispatcherFunction.Arn",
        "SyncWeeklyDispatcherFunction.Arn",
        "AlertsSweeperFunction.Arn",
    }


def test_only_schedules_of_this_group_and_account_may_take_the_schedulers_role(
    template: Template,
) -> None:
    role = template.of_type("AWS::IAM::Role")["SchedulesRole"]
    (statement,) = role["AssumeRolePolicyDocument"]["Statement"]

    assert statement["Principal"] == {"Service": "scheduler.amazonaws.com"}
    assert statement["Condition"]["StringEquals"] == {
        "aws:SourceAccount": {"Ref": "AWS::AccountId"},
        "aws:SourceArn": {"Fn::GetAtt": [_logical_id(template, "SchedulesGroup"), "Arn"]},
    }


def test_only_the_gateway_of_this_stack_may_invoke_the_api(template: Template) -> None:
    permissions = template.of_type("AWS::Lambda::Permission").values()

    assert permissions
    for permission in permissions:
        assert permission["Principal"] == "apigateway.amazonaws.com"
        assert "<ApiGateway>/*/*/" in readable(permission["SourceArn"])


def test_a_mapping_waits_for_the_grants_of_its_function(template: Template) -> None:
    for function in ("SyncWorkerFunction", "AlertsEvaluatorFunction"):
        role = function.removesuffix("Function") + "RoleDefaultPolicy"
        assert _logical_id(template, role) in template.resource(function)["DependsOn"]


def test_queues_and_topic_refuse_plain_http(template: Template) -> None:
    queues = template.of_type("AWS::SQS::QueuePolicy")
    topics = template.of_type("AWS::SNS::TopicPolicy")

    assert len(queues) == len(template.of_type("AWS::SQS::Queue"))
    for policy in [*queues.values(), *topics.values()]:
        (statement,) = policy["PolicyDocument"]["Statement"]
        assert statement["Effect"] == "Deny"
        assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_a_key_of_ones_own_opens_for_the_functions_through_dynamodb_only(
    template_of: TemplateOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CDK_DEFAULT_REGION", "eu-central-1")
    template = template_of("prod", customer_managed_key=True)
    tables = template.of_type("AWS::DynamoDB::GlobalTable").values()

    assert all(t["SSESpecification"]["SSEType"] == "KMS" for t in tables)
    assert template.of_type("AWS::KMS::Key")["StorageKey"]["EnableKeyRotation"] is True
    for function in EXPECTED:
        assert ("kms:Decrypt", "StorageKey.Arn") in template.grants(function)
    assert "kms:ViaService" in json.dumps(template.of_type("AWS::IAM::Policy"))


def _logical_id(template: Template, name: str) -> Any:
    return next(found for found in template.json["Resources"] if found[:-8] == name)
