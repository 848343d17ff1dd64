"""Deploys the synthesized template into the emulator, as CloudFormation would into AWS."""

import asyncio
import json
import time
from dataclasses import dataclass
from typing import Any

from local.emulator import ACCOUNT, REGION, Emulator
from local.failure import LocalRunError
from local.synth import Synthesis

_STACK = "StripeMetrics-local"
_SECONDS = 120.0


@dataclass(frozen=True)
class Deployment:
    """The stack as it runs in the emulator.

    Attributes:
        emulator: Where it runs.
        outputs: The outputs of the stack, by name.
    """

    emulator: Emulator
    outputs: dict[str, str]

    @property
    def api_url(self) -> str:
        """Where the deployed HTTP API answers."""
        return f"{self.emulator.url}/_aws/execute-api/{self.outputs['ApiId']}/$default"


async def deploy(emulator: Emulator, synthesis: Synthesis, *, stripe_api: str) -> Deployment:
    """Create the stack, with Stripe at *stripe_api*."""
    return await asyncio.to_thread(_deploy, emulator, synthesis, stripe_api)


def _deploy(emulator: Emulator, synthesis: Synthesis, stripe_api: str) -> Deployment:
    _upload(emulator, synthesis)
    # What `cdk bootstrap` leaves in an account, for the rule in the template that looks for it.
    emulator.client("ssm").put_parameter(
        Name="/cdk-bootstrap/hnb659fds/version", Value="30", Type="String"
    )
    cloudformation = emulator.client("cloudformation")
    cloudformation.create_stack(
        StackName=_STACK,
        TemplateBody=json.dumps(synthesis.template),
        Parameters=[{"ParameterKey": "StripeApiBase", "ParameterValue": stripe_api}],
        Capabilities=["CAPABILITY_IAM"],
    )
    stack = _wait(cloudformation)
    _enable_expiry(emulator, synthesis.template)
    return Deployment(
        emulator, {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
    )


def _upload(emulator: Emulator, synthesis: Synthesis) -> None:
    s3 = emulator.client("s3")
    known = {"${AWS::AccountId}": ACCOUNT, "${AWS::Region}": REGION}
    for asset in synthesis.assets:
        bucket = asset.bucket
        for placeholder, value in known.items():
            bucket = bucket.replace(placeholder, value)
        s3.create_bucket(Bucket=bucket)
        s3.put_object(Bucket=bucket, Key=asset.key, Body=asset.content)


def _wait(cloudformation: Any) -> Any:
    until = time.monotonic() + _SECONDS
    while time.monotonic() < until:
        stack = cloudformation.describe_stacks(StackName=_STACK)["Stacks"][0]
        if stack["StackStatus"] == "CREATE_COMPLETE":
            return stack
        if not stack["StackStatus"].endswith("_IN_PROGRESS") or "ROLL" in stack["StackStatus"]:
            break
        time.sleep(0.1)
    events = cloudformation.describe_stack_events(StackName=_STACK)["StackEvents"]
    reasons = [
        f"  {event['LogicalResourceId']}: {event.get('ResourceStatusReason', '')}"
        for event in events
        if "FAILED" in event["ResourceStatus"]
    ]
    raise LocalRunError("\n".join(["The stack cannot be deployed:", *reasons]))


def _enable_expiry(emulator: Emulator, template: dict[str, Any]) -> None:
    """Turn on what the template says of expiring items: the emulator overlooks it."""
    dynamodb = emulator.client("dynamodb")
    cloudformation = emulator.client("cloudformation")
    for logical_id, resource in template["Resources"].items():
        specification = resource.get("Properties", {}).get("TimeToLiveSpecification")
        if specification is None:
            continue
        found = cloudformation.describe_stack_resource(
            StackName=_STACK, LogicalResourceId=logical_id
        )
        dynamodb.update_time_to_live(
            TableName=found["StackResourceDetail"]["PhysicalResourceId"],
            TimeToLiveSpecification={
                "Enabled": specification["Enabled"],
                "AttributeName": specification["AttributeName"],
            },
        )
