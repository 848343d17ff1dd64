"""Synthesizes the stack: `.venv/bin/python -m infra.app`, or through the CDK's own commands.

The stage is `stage` of the CDK context (`-c stage=test`) or the environment variable `STAGE`, else
`prod`. With `bundle=no` in the context, or `BUNDLE=no`, the functions are their sources alone: the
template is made without a network, and is for reading, not for deploying. The result goes where the
CDK says, by itself to `build/cdk.out`.
"""

import os
import sys

import aws_cdk as cdk

from infra.bundling import bundled_code, source_code
from infra.constructs.python_function import CodeFor
from infra.settings import StageSettings, setting_names, settings_for
from infra.stack import StripeMetricsStack

DEFAULT_OUTPUT = "build/cdk.out"


def build_app(
    settings: StageSettings, code_for: CodeFor, app: cdk.App | None = None
) -> tuple[cdk.App, StripeMetricsStack]:
    """An app with the one stack of *settings*, whose functions run *code_for* them."""
    app = app or cdk.App(outdir=DEFAULT_OUTPUT, analytics_reporting=False)
    stack = StripeMetricsStack(
        app,
        f"StripeMetrics-{settings.stage}",
        settings=settings,
        code_for=code_for,
        env=_environment(settings),
    )
    return app, stack


def _environment(settings: StageSettings) -> cdk.Environment | None:
    """Where the stack goes: anywhere, but that a table names the region of a key of one's own."""
    if not settings.customer_managed_key:
        return None
    region = os.environ.get("CDK_DEFAULT_REGION")  # set by the CDK's command line
    if not region:
        raise ValueError("customer_managed_key needs CDK_DEFAULT_REGION: the region to deploy to.")
    return cdk.Environment(region=region)


def main() -> None:
    """Synthesize the stage that was asked for."""
    app = cdk.App(outdir=os.environ.get("CDK_OUTDIR", DEFAULT_OUTPUT), analytics_reporting=False)
    asked = {name: app.node.try_get_context(name) for name in (*setting_names(), "stage", "bundle")}
    stage = os.environ.get("STAGE") or asked["stage"] or "prod"
    if stage == "local":
        sys.exit("The local stage is for `make run`, and not made for AWS.")
    bundle = asked["bundle"] or os.environ.get("BUNDLE", "yes")
    overrides = {name: value for name, value in asked.items() if value is not None}
    code_for = source_code if bundle == "no" else bundled_code
    build_app(settings_for(stage, overrides), code_for, app)
    app.synth()


if __name__ == "__main__":
    main()
