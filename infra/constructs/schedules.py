"""The schedules: each interval has one that refreshes, and one sweeps up behind the alerts."""

import json
from collections.abc import Mapping

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_scheduler as scheduler
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.constructs.python_function import PythonFunction
from infra.settings import StageSettings

SWEEP = "sweep"
_SWEEP_MINUTES = 5
# Between two ticks, by the name of their schedule.
_SECONDS = {"hourly": 3_600, "daily": 86_400, "weekly": 604_800, SWEEP: _SWEEP_MINUTES * 60}
_LONGEST_EVENT_AGE_SECONDS = 86_400
_LONGEST_INVOCATION_AGE_SECONDS = 1_800


class Schedules(Construct):
    """A schedule group: a schedule for each refresh interval, and one for the sweep.

    Attributes:
        failures: Ticks that could not be handed to their function, or that it failed on.
        names: Physical schedule name, by interval or `sweep`.
        group: Name of the group.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: StageSettings,
        targets: Mapping[str, PythonFunction],
    ) -> None:
        super().__init__(scope, construct_id)
        self._settings = settings
        self.failures = sqs.Queue(
            self,
            "Failures",
            enforce_ssl=settings.enforce_tls,
            retention_period=cdk.Duration.days(14),
        )
        group = scheduler.ScheduleGroup(self, "Group")
        self.group = group.schedule_group_name
        functions = {name: found.function for name, found in targets.items()}
        self._role = self._scheduler_role(group.schedule_group_arn, functions)
        self.names = {
            name: self._schedule(name, function.function_arn)
            for name, function in functions.items()
        }
        for name, target in targets.items():
            self._keep_failed_invocations(name, target)

    def _scheduler_role(
        self, group_arn: str, functions: Mapping[str, lambda_.IFunction]
    ) -> iam.Role:
        role = iam.Role(
            self,
            "Role",
            # Both conditions: no schedule of another account, nor of another group, may use it.
            assumed_by=iam.ServicePrincipal(
                "scheduler.amazonaws.com",
                conditions={
                    "StringEquals": {
                        "aws:SourceAccount": cdk.Stack.of(self).account,
                        "aws:SourceArn": group_arn,
                    }
                },
            ),
        )
        role.add_to_policy(
            iam.PolicyStatement(
                actions=["lambda:InvokeFunction"],
                resources=[function.function_arn for function in functions.values()],
            )
        )
        role.add_to_policy(
            iam.PolicyStatement(actions=["sqs:SendMessage"], resources=[self.failures.queue_arn])
        )
        return role

    def _schedule(self, name: str, target_arn: str) -> str:
        # The low-level resource: the high-level target would also grant every version of the
        # function to the role.
        schedule = scheduler.CfnSchedule(
            self,
            name.capitalize(),
            group_name=self.group,
            schedule_expression=expression(name, self._settings),
            schedule_expression_timezone=self._settings.schedule_time_zone,
            state="ENABLED" if self._settings.schedules_enabled else "DISABLED",
            flexible_time_window=scheduler.CfnSchedule.FlexibleTimeWindowProperty(mode="OFF"),
            target=scheduler.CfnSchedule.TargetProperty(
                arn=target_arn,
                role_arn=self._role.role_arn,
                input=json.dumps(
                    {"interval": name, "scheduled_time": "<aws.scheduler.scheduled-time>"}
                ),
                dead_letter_config=scheduler.CfnSchedule.DeadLetterConfigProperty(
                    arn=self.failures.queue_arn
                ),
                # A tick older than half its interval is better left to the next one.
                retry_policy=scheduler.CfnSchedule.RetryPolicyProperty(
                    maximum_event_age_in_seconds=min(
                        _SECONDS[name] // 2, _LONGEST_EVENT_AGE_SECONDS
                    ),
                    maximum_retry_attempts=20,
                ),
            ),
        )
        schedule.node.add_dependency(self._role)
        return schedule.ref

    def _keep_failed_invocations(self, name: str, target: PythonFunction) -> None:
        """Keep the ticks that a function failed on: nobody waits for its answer."""
        config = lambda_.CfnEventInvokeConfig(
            self,
            f"{name.capitalize()}Invocations",
            function_name=target.function.function_name,
            qualifier="$LATEST",
            maximum_event_age_in_seconds=min(_SECONDS[name] // 2, _LONGEST_INVOCATION_AGE_SECONDS),
            maximum_retry_attempts=2,
            destination_config=lambda_.CfnEventInvokeConfig.DestinationConfigProperty(
                on_failure=lambda_.CfnEventInvokeConfig.OnFailureProperty(
                    destination=self.failures.queue_arn
                )
            ),
        )
        # AWS refuses a destination that the function's role cannot send to yet.
        config.node.add_dependency(target.role)


def expression(name: str, settings: StageSettings) -> str:
    """When the schedule *name* fires; hours and days are of the stage's time zone."""
    return {
        SWEEP: f"rate({_SWEEP_MINUTES} minutes)",
        "hourly": "cron(0 * * * ? *)",
        "daily": f"cron(0 {settings.schedule_hour} * * ? *)",
        "weekly": f"cron(0 {settings.schedule_hour} ? * {settings.schedule_weekday} *)",
    }[name]
