"""Puts the alerts use cases together. The only module here that names adapters."""

import os
import time
from dataclasses import dataclass
from functools import cache

import boto3
from botocore.config import Config

from functions.alerts.evaluate_alerts import EvaluateAlerts
from functions.alerts.follow_goals import FollowGoals
from functions.alerts.send_notices import SendNotices
from functions.alerts.settings import Settings
from functions.alerts.watch_accounts import WatchAccounts
from shared.adapters.dynamodb_alerts import DynamoDbAlerts
from shared.adapters.dynamodb_config import DynamoDbConfig
from shared.adapters.dynamodb_goals import DynamoDbGoals
from shared.adapters.dynamodb_metrics import DynamoDbMetrics
from shared.adapters.dynamodb_outbox import DynamoDbOutbox
from shared.adapters.dynamodb_table import DynamoDbTable
from shared.adapters.sns_notifier import SnsNotifier
from shared.adapters.sqs_failures import SqsFailures
from shared.adapters.system import SystemClock
from shared.ports import Failures, Outbox

_AWS = Config(
    connect_timeout=2, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 2}
)
# A publish whose answer is lost and that the SDK repeats sends twice: the outbox tries again.
_SNS = Config(
    connect_timeout=2, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 1}
)


@dataclass(frozen=True, slots=True)
class Services:
    """All that the handlers call."""

    evaluate: EvaluateAlerts
    follow_goals: FollowGoals
    watch: WatchAccounts
    send: SendNotices
    outbox: Outbox
    failures: Failures


@cache
def services() -> Services:
    """Put everything together, once for each execution environment."""
    settings = Settings.model_validate({k.lower(): v for k, v in os.environ.items()})
    table = DynamoDbTable(boto3.client("dynamodb", config=_AWS), settings.metrics_table)
    config, metrics, alerts = DynamoDbConfig(table), DynamoDbMetrics(table), DynamoDbAlerts(table)
    goals, outbox, clock = DynamoDbGoals(table), DynamoDbOutbox(table), SystemClock()
    failures = SqsFailures(boto3.client("sqs", config=_AWS), settings.failures_queue_url)
    notifier = SnsNotifier(boto3.client("sns", config=_SNS), settings.topic_arn)
    evaluate = EvaluateAlerts(config, metrics, alerts, goals, clock)
    follow_goals = FollowGoals(config, goals, clock)
    return Services(
        evaluate=evaluate,
        follow_goals=follow_goals,
        watch=WatchAccounts(config, metrics, alerts, evaluate, follow_goals, clock),
        send=SendNotices(config, outbox, notifier, failures, clock, time.sleep),
        outbox=outbox,
        failures=failures,
    )
