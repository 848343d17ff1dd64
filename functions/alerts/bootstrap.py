"""Puts the alerts use case together. The only module here that names adapters."""

import os
from functools import cache

import boto3
from botocore.config import Config

from functions.alerts.evaluate_alerts import EvaluateAlerts
from functions.alerts.settings import Settings
from shared.adapters.dynamodb_alerts import DynamoDbAlerts
from shared.adapters.dynamodb_config import DynamoDbConfig
from shared.adapters.dynamodb_table import DynamoDbTable
from shared.adapters.sns_notifier import SnsNotifier
from shared.adapters.system import SystemClock

# A publish whose answer is lost and that the SDK repeats sends twice: few attempts here, the
# outbox tries again.
_AWS = Config(connect_timeout=2, read_timeout=10, retries={"mode": "standard", "max_attempts": 2})


@cache
def build_evaluate() -> EvaluateAlerts:
    """Put the use case together, once for each execution environment."""
    settings = Settings.model_validate({k.lower(): v for k, v in os.environ.items()})
    table = DynamoDbTable(boto3.client("dynamodb", config=_AWS), settings.metrics_table)
    return EvaluateAlerts(
        config=DynamoDbConfig(table),
        alerts=DynamoDbAlerts(table),
        notifier=SnsNotifier(boto3.client("sns", config=_AWS), settings.topic_arn),
        clock=SystemClock(),
    )
