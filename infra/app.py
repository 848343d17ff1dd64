"""Synthesizes the stack: `.venv/bin/python -m infra.app`, or through the CDK's own commands.

The stage is `stage` of the CDK context (`-c stage=test`) or of the environment variable `STAGE`;
without either it is `prod`. The result goes where the CDK says, by itself to `build/cdk.out`.
"""

import os

import aws_cdk as cdk

from infra.bundling import bundled_code
from infra.constructs.python_function import CodeFor
from infra.settings import StageSettings, settings_for
from infra.stack import StripeMetricsStack

DEFAULT_OUTPUT = "build/cdk.out"


def build_app(
    settings: StageSettings, code_for: CodeFor, app: cdk.App | None = None
) -> tuple[cdk.App, StripeMetricsStack]:
    """An app with the one stack of *settings*, whose functions run *code_for* them."""
    app = app or cdk.App(outdir=DEFAULT_OUTPUT, analytics_reporting=False)
    stack = StripeMetricsStack(
        app, f"StripeMetrics-{settings.stage}", settings=settings, code_for=code_for
    )
    return app, stack


def main() -> None:
    """Synthesize the stage that was asked for."""
    app = cdk.App(outdir=os.environ.get("CDK_OUTDIR", DEFAULT_OUTPUT), analytics_reporting=False)
    context = app.node.get_all_context()
    stage = app.node.try_get_context("stage") or os.environ.get("STAGE", "prod")
    build_app(settings_for(stage, context or {}), bundled_code, app)
    app.synth()


if __name__ == "__main__":
    main()
