"""The alerts: the function that listens to new values, and the topic it speaks through."""

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.constructs.python_function import CodeFor, PythonFunction
from infra.constructs.storage import Storage
from infra.settings import StageSettings


class Alerts(Construct):
    """Stream of the metrics table -> function -> topic.

    Attributes:
        topic: One for all channels; each is a subscription filtered to its own id.
        function: Decides the alerts of new values.
        failures: What the stream gave up on.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: StageSettings,
        code_for: CodeFor,
        storage: Storage,
    ) -> None:
        super().__init__(scope, construct_id)
        self.topic = sns.Topic(
            self, "Topic", display_name="Stripe Metrics", enforce_ssl=settings.enforce_tls
        )
        self.failures = sqs.Queue(
            self,
            "Failures",
            enforce_ssl=settings.enforce_tls,
            retention_period=cdk.Duration.days(14),
        )
        self.function = PythonFunction(
            self,
            "Evaluator",
            settings=settings,
            code=code_for("alerts"),
            handler="functions.alerts.handler.handle",
            environment={
                "METRICS_TABLE": storage.metrics.table_name,
                "TOPIC_ARN": self.topic.topic_arn,
            },
            timeout=cdk.Duration.minutes(1),
            memory_size=512,
        )
        mapping = lambda_.EventSourceMapping(
            self,
            "NewValues",
            target=self.function.function,
            event_source_arn=storage.metrics.table_stream_arn,
            # From the oldest record: none is lost between the deployment of table and mapping.
            starting_position=lambda_.StartingPosition.TRIM_HORIZON,
            batch_size=50,
            filters=[
                lambda_.FilterCriteria.filter(
                    {
                        # It is there, empty, as soon as its metric is; every value changes it.
                        "eventName": lambda_.FilterRule.is_equal("MODIFY"),
                        "dynamodb": {"Keys": {"sk": {"S": lambda_.FilterRule.is_equal("LATEST")}}},
                    }
                )
            ],
            # One bad record must not hold up the others, and never for long.
            report_batch_item_failures=True,
            bisect_batch_on_error=True,
            retry_attempts=5,
            max_record_age=cdk.Duration.hours(1),
        )
        # Not `on_failure`, which would grant more than sending to the role.
        resource = mapping.node.default_child
        assert isinstance(resource, lambda_.CfnEventSourceMapping)  # noqa: S101 - narrows for mypy
        resource.destination_config = lambda_.CfnEventSourceMapping.DestinationConfigProperty(
            on_failure=lambda_.CfnEventSourceMapping.OnFailureProperty(
                destination=self.failures.queue_arn
            )
        )
