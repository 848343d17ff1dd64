"""One Lambda function of this project: its code, its role, its logs.

The role starts with nothing but its own log group. What a function may touch besides is granted by
the stack, where all grants stand together.
"""

from collections.abc import Callable, Mapping

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.settings import StageSettings

# Given the name of a function's package, its code: a bundle, or a stand-in where only the template
# matters.
CodeFor = Callable[[str], lambda_.Code]

_RETENTION = {
    1: logs.RetentionDays.ONE_DAY,
    14: logs.RetentionDays.TWO_WEEKS,
    30: logs.RetentionDays.ONE_MONTH,
    90: logs.RetentionDays.THREE_MONTHS,
    180: logs.RetentionDays.SIX_MONTHS,
    365: logs.RetentionDays.ONE_YEAR,
}


def log_group(scope: Construct, construct_id: str, settings: StageSettings) -> logs.LogGroup:
    """A log group that keeps for as long as the stage says."""
    return logs.LogGroup(
        scope,
        construct_id,
        retention=_RETENTION[settings.log_retention_days],
        removal_policy=removal_policy(settings),
    )


def removal_policy(settings: StageSettings) -> cdk.RemovalPolicy:
    """What becomes of data when the stack goes."""
    return cdk.RemovalPolicy.RETAIN if settings.retain_data else cdk.RemovalPolicy.DESTROY


class PythonFunction(Construct):
    """A function on the project's runtime, with a role and a log group of its own.

    Attributes:
        function: The Lambda function.
        role: Its role; write into its own log group is all it can do at first.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: StageSettings,
        code: lambda_.Code,
        handler: str,
        environment: Mapping[str, str],
        timeout: cdk.Duration,
        memory_size: int,
    ) -> None:
        super().__init__(scope, construct_id)
        group = log_group(self, "Logs", settings)
        # Instead of AWSLambdaBasicExecutionRole, which may write into every log group.
        self.role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        self.role.add_to_policy(
            iam.PolicyStatement(
                actions=["logs:CreateLogStream", "logs:PutLogEvents"],
                resources=[group.log_group_arn],
            )
        )
        self.function = lambda_.Function(
            self,
            "Function",
            runtime=lambda_.Runtime.PYTHON_3_13,
            architecture=lambda_.Architecture.ARM_64,
            code=code,
            handler=handler,
            role=self.role,
            timeout=timeout,
            memory_size=memory_size,
            log_group=group,
            logging_format=lambda_.LoggingFormat.JSON,
            environment={
                "POWERTOOLS_SERVICE_NAME": "stripe-metrics",
                "POWERTOOLS_METRICS_NAMESPACE": "StripeMetrics",
                "POWERTOOLS_TRACE_DISABLED": "true",
                **environment,
            },
        )

    def allow(self, actions: list[str], resources: list[str]) -> None:
        """Let the function do exactly *actions* on exactly *resources*."""
        self.role.add_to_policy(iam.PolicyStatement(actions=actions, resources=resources))
