"""The settings of the stages, and that they reach the functions."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import pytest

from infra.app import main
from infra.settings import STAGES, settings_for
from tests.infra.conftest import TemplateOf
from tests.infra.reading import Template

# Function of the template -> the settings model that reads its environment.
MODELS = {
    "SyncHourlyDispatcherFunction": ("functions.sync.settings", "DispatcherSettings"),
    "SyncDailyDispatcherFunction": ("functions.sync.settings", "DispatcherSettings"),
    "SyncWeeklyDispatcherFunction": ("functions.sync.settings", "DispatcherSettings"),
    "SyncWorkerFunction": ("functions.sync.settings", "WorkerSettings"),
    "AlertsEvaluatorFunction": ("functions.alerts.settings", "Settings"),
    "AlertsSweeperFunction": ("functions.alerts.settings", "Settings"),
    "ApiHandlerFunction": ("functions.api.settings", "Settings"),
}


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("function", MODELS)
def test_the_environment_is_what_the_function_reads(
    template_of: TemplateOf, stage: str, function: str
) -> None:
    module, name = MODELS[function]
    model = getattr(import_module(module), name)
    environment = _lower_case(template_of(stage).environment(function))

    model.model_validate(environment)


@pytest.mark.parametrize("stage", [name for name in STAGES if name != "local"])
def test_no_stage_but_the_local_one_can_talk_to_another_stripe(
    template_of: TemplateOf, stage: str
) -> None:
    template = template_of(stage)

    assert "StripeApiBase" not in template.json.get("Parameters", {})
    for function in MODELS:
        assert "STRIPE_API_BASE" not in template.environment(function)
    with pytest.raises(ValueError, match="Only the local stage"):
        settings_with_stripe_address(stage)


def settings_with_stripe_address(stage: str) -> None:
    fields = {**vars(STAGES[stage]), "stripe_address_parameter": True}
    type(STAGES[stage])(**fields)


def test_the_local_stage_takes_stripes_address_from_a_parameter(template_of: TemplateOf) -> None:
    template = template_of("local")

    assert template.json["Parameters"]["StripeApiBase"]["Default"] == "https://api.stripe.com"
    assert template.environment("SyncWorkerFunction")["STRIPE_API_BASE"] == {"Ref": "StripeApiBase"}
    assert template.environment("ApiHandlerFunction")["STRIPE_API_BASE"] == {"Ref": "StripeApiBase"}


def test_the_local_stage_has_the_resources_of_production_but_for_tls_policies(
    template_of: TemplateOf,
) -> None:
    # The local run serves the dashboard itself.
    prod, local = _kinds(template_of("prod", dashboard=False)), _kinds(template_of("local"))

    assert prod - local == {
        (kind, name)
        for kind, name in prod
        if kind in ("AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy")
    }
    assert local <= prod


def test_restricted_keys_are_refused_until_a_deployment_allows_them(
    template_of: TemplateOf,
) -> None:
    allowed = template_of("prod", allow_restricted_keys="true")

    assert template_of("prod").environment("ApiHandlerFunction")["ALLOW_RESTRICTED_KEYS"] == "false"
    for function in ("ApiHandlerFunction", "SyncWorkerFunction"):
        assert allowed.environment(function)["ALLOW_RESTRICTED_KEYS"] == "true"


def test_no_environment_holds_a_secret(template: Template) -> None:
    for function in MODELS:
        for name, value in template.environment(function).items():
            assert name == "SECRET_PREFIX" or not {"SECRET", "TOKEN", "PASSWORD"} & set(
                name.split("_")
            )
            assert "sk_" not in str(value)


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ({"schedule_hour": "24"}, "hour of the day"),
        ({"schedule_weekday": "Monday"}, "schedule_weekday"),
        ({"schedule_time_zone": "Mars/Olympus"}, "Mars/Olympus"),
        ({"sync_max_concurrency": "1"}, "between 2 and 1,000"),
        ({"jwt_issuer": "https://login.example.com/"}, "go together"),
        ({"allow_restricted_keys": "perhaps"}, "true or false"),
        ({"log_retention_days": "91"}, "log_retention_days"),
        ({"dashboard_domain": "metrics.example.com"}, "go together"),
        (
            {
                "dashboard_domain": "metrics.example.com",
                "dashboard_certificate": "arn:aws:acm:eu-west-1:123456789012:certificate/made-up",
            },
            "certificate in us-east-1",
        ),
    ],
)
def test_a_setting_that_makes_no_sense_is_refused_in_words(
    overrides: Mapping[str, Any], message: str
) -> None:
    with pytest.raises((ValueError, KeyError), match=message):
        settings_for("prod", overrides)


def test_the_local_stage_cannot_be_deployed_to_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STAGE", "local")

    with pytest.raises(SystemExit, match="make run"):
        main()


def test_an_unknown_stage_is_refused() -> None:
    with pytest.raises(ValueError, match="no stage 'stage'"):
        settings_for("stage", {})


def _kinds(template: Template) -> set[tuple[str, str]]:
    return {
        (resource["Type"], logical_id)
        for logical_id, resource in template.json["Resources"].items()
    }


def _lower_case(environment: Mapping[str, Any]) -> dict[str, Any]:
    # What CloudFormation fills in when it deploys is text by then.
    return {
        name.lower(): value if isinstance(value, str) else "filled in"
        for name, value in environment.items()
    }
