"""The way of a tick, a message and a value: nothing gets lost on it, nothing blocks it."""

import json

import pytest

from tests.infra.conftest import TemplateOf
from tests.infra.reading import Json, Template, readable
from tests.stream_poller import passes


@pytest.mark.parametrize(
    ("name", "target_function", "expression", "event_age"),
    [
        ("Hourly", "SyncHourlyDispatcherFunction", "cron(0 * * * ? *)", 1_800),
        ("Daily", "SyncDailyDispatcherFunction", "cron(0 6 * * ? *)", 43_200),
        ("Weekly", "SyncWeeklyDispatcherFunction", "cron(0 6 ? * MON *)", 86_400),
        ("Sweep", "AlertsSweeperFunction", "rate(5 minutes)", 150),
    ],
)
def test_each_interval_and_the_sweep_have_a_schedule_aimed_at_their_function(
    template: Template, name: str, target_function: str, expression: str, event_age: int
) -> None:
    schedule = template.of_type("AWS::Scheduler::Schedule")[f"Schedules{name}"]
    target = schedule["Target"]

    assert schedule["ScheduleExpression"] == expression
    assert schedule["ScheduleExpressionTimezone"] == "UTC"
    assert schedule["State"] == "ENABLED"
    assert readable(target["Arn"]) == f"{target_function}.Arn"
    assert json.loads(target["Input"]) == {
        "interval": name.lower(),
        "scheduled_time": "<aws.scheduler.scheduled-time>",
    }
    assert target["RetryPolicy"]["MaximumEventAgeInSeconds"] == event_age
    assert readable(target["DeadLetterConfig"]["Arn"]) == "SchedulesFailures.Arn"


def test_hour_weekday_and_time_zone_are_settings(template_of: TemplateOf) -> None:
    template = template_of(
        "prod", schedule_hour=22, schedule_weekday="SUN", schedule_time_zone="Europe/Berlin"
    )
    schedules = template.of_type("AWS::Scheduler::Schedule")

    assert schedules["SchedulesWeekly"]["ScheduleExpression"] == "cron(0 22 ? * SUN *)"
    assert {s["ScheduleExpressionTimezone"] for s in schedules.values()} == {"Europe/Berlin"}
    environment = template.environment("ApiHandlerFunction")
    assert environment["SCHEDULE_HOUR"] == "22"
    assert environment["SCHEDULE_WEEKDAY"] == "SUN"
    assert environment["SCHEDULE_TIME_ZONE"] == "Europe/Berlin"


def test_a_tick_that_its_function_fails_on_is_kept(template: Template) -> None:
    configs = template.of_type("AWS::Lambda::EventInvokeConfig").values()

    ages = {readable(c["FunctionName"]): c["MaximumEventAgeInSeconds"] for c in configs}
    assert ages == {
        "<SyncHourlyDispatcherFunction>": 1_800,
        "<SyncDailyDispatcherFunction>": 1_800,
        "<SyncWeeklyDispatcherFunction>": 1_800,
        "<AlertsSweeperFunction>": 150,
    }
    for config in configs:
        destination = config["DestinationConfig"]["OnFailure"]["Destination"]
        assert readable(destination) == "SchedulesFailures.Arn"


def test_a_message_outlives_its_worker_and_fails_three_times_at_most(template: Template) -> None:
    queue = template.of_type("AWS::SQS::Queue")["SyncQueue"]
    worker = template.of_type("AWS::Lambda::Function")["SyncWorkerFunction"]
    lease_seconds = int(worker["Environment"]["Variables"]["LEASE_SECONDS"])

    assert worker["Timeout"] == 900
    assert queue["FifoQueue"] is True
    # A function that starts slowly takes its lease late: the message stays away longer still.
    assert worker["Timeout"] + 30 <= lease_seconds <= queue["VisibilityTimeout"] - 60
    assert queue["RedrivePolicy"]["maxReceiveCount"] == 3
    assert readable(queue["RedrivePolicy"]["deadLetterTargetArn"]) == "SyncFailures.Arn"
    assert template.of_type("AWS::SQS::Queue")["SyncFailures"]["FifoQueue"] is True


def test_the_worker_gets_one_message_at_a_time(template: Template) -> None:
    mapping = template.of_type("AWS::Lambda::EventSourceMapping")["SyncMessages"]

    assert mapping["BatchSize"] == 1
    assert mapping["ScalingConfig"] == {"MaximumConcurrency": 10}
    assert readable(mapping["EventSourceArn"]) == "SyncQueue.Arn"


def a_change(sk: str, **image: str) -> Json:
    """What the stream tells of an item; like Lambda's filter, it has only what is looked at."""
    new_image = {name: {"S": value} for name, value in image.items()}
    return {"eventName": "MODIFY", "dynamodb": {"Keys": {"sk": {"S": sk}}, "NewImage": new_image}}


@pytest.mark.parametrize(
    ("what", "record", "is_told"),
    [
        ("a new value", a_change("LATEST"), True),
        ("a metric that is made", a_change("LATEST") | {"eventName": "INSERT"}, False),
        ("a metric that is removed", a_change("LATEST") | {"eventName": "REMOVE"}, False),
        ("a sync that runs", a_change("SYNC", state="running"), False),
        ("a sync that went well", a_change("SYNC", state="ok"), True),
        ("a sync that failed", a_change("SYNC", state="error"), True),
        (
            "a first sync that failed before it ran",
            a_change("SYNC", state="error") | {"eventName": "INSERT"},
            True,
        ),
        ("what was told of syncs", a_change("WATCH", state="ok"), False),
        ("an integration that is changed", a_change("CONFIG", state="ok"), False),
        ("where an alert stands", a_change("STATE", status="ok"), False),
        ("a past value", a_change("VALUE#2026-11-22T12:00:00Z#000000000001"), False),
        ("a notice", a_change("OUTBOX#alt_1/1/1/fire#chn_1", status="pending"), False),
    ],
    ids=lambda it: it if isinstance(it, str) else "",
)
def test_the_alerts_hear_of_new_values_and_ended_syncs_only(
    template: Template, what: str, record: Json, is_told: object
) -> None:
    mapping = template.of_type("AWS::Lambda::EventSourceMapping")["AlertsNewValues"]
    patterns = [json.loads(it["Pattern"]) for it in mapping["FilterCriteria"]["Filters"]]

    assert passes(patterns, record) is is_told, what
    assert readable(mapping["EventSourceArn"]) == "StorageMetrics.StreamArn"


def test_a_sweep_is_over_before_the_next_begins(template: Template) -> None:
    sweeper = template.of_type("AWS::Lambda::Function")["AlertsSweeperFunction"]

    assert sweeper["Handler"] == "functions.alerts.handler.sweep"
    assert sweeper["Timeout"] == 240
    evaluator = template.of_type("AWS::Lambda::Function")["AlertsEvaluatorFunction"]
    assert evaluator["Handler"] == "functions.alerts.handler.handle"
    assert {function["MemorySize"] for function in (sweeper, evaluator)} == {512}


def test_a_bad_record_holds_up_the_others_for_an_hour_at_most(template: Template) -> None:
    mapping = template.of_type("AWS::Lambda::EventSourceMapping")["AlertsNewValues"]

    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["BisectBatchOnFunctionError"] is True
    assert mapping["MaximumRetryAttempts"] == 5
    assert mapping["MaximumRecordAgeInSeconds"] == 3_600
    assert readable(mapping["DestinationConfig"]["OnFailure"]["Destination"]) == (
        "AlertsFailures.Arn"
    )


def test_what_failed_can_be_looked_at_for_two_weeks(template: Template) -> None:
    queues = template.of_type("AWS::SQS::Queue")

    failures = [queue for name, queue in queues.items() if name.endswith("Failures")]
    assert len(failures) == 3
    assert {queue["MessageRetentionPeriod"] for queue in failures} == {14 * 86_400}


def test_nothing_has_a_physical_name_so_that_stages_can_share_an_account(
    template: Template,
) -> None:
    names = {"QueueName", "TopicName", "TableName", "FunctionName", "RoleName", "LogGroupName"}
    kinds = ("AWS::SQS::Queue", "AWS::SNS::Topic", "AWS::DynamoDB::GlobalTable",
             "AWS::Lambda::Function", "AWS::IAM::Role", "AWS::Logs::LogGroup")  # fmt: skip

    for kind in kinds:
        for properties in template.of_type(kind).values():
            assert not names & properties.keys()
