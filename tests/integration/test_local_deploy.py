"""The stack in the emulator is the one of the template, also where the emulator overlooks it."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.deploy import Deployment
from local.synth import synthesize
from tests.emulated import deployed_stack

pytestmark = pytest.mark.emulator


@pytest.fixture(scope="module", name="deployment")
def _deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    folder: Path = tmp_path_factory.mktemp("emulator")
    with deployed_stack(folder) as deployment:
        yield deployment


def test_items_expire_in_both_tables(deployment: Deployment) -> None:
    dynamodb = deployment.emulator.client("dynamodb")

    for output in ("MetricsTableName", "LedgerTableName"):
        found = dynamodb.describe_time_to_live(TableName=deployment.outputs[output])
        assert found["TimeToLiveDescription"] == {
            "AttributeName": "expires_at",
            "TimeToLiveStatus": "ENABLED",
        }


def test_the_emulators_own_scheduler_leaves_the_schedules_to_the_local_clock(
    deployment: Deployment,
) -> None:
    scheduler = deployment.emulator.client("scheduler")

    for name in ("Hourly", "Daily", "Weekly", "Sweep"):
        schedule = scheduler.get_schedule(
            GroupName=deployment.outputs["ScheduleGroupName"],
            Name=deployment.outputs[f"{name}ScheduleName"],
        )
        assert schedule["State"] == "DISABLED"


def test_a_function_is_given_the_address_of_stripe_that_was_asked_for(
    deployment: Deployment,
) -> None:
    functions = deployment.emulator.client("lambda").list_functions()["Functions"]
    addresses = {
        function["Environment"]["Variables"].get("STRIPE_API_BASE") for function in functions
    }

    assert addresses == {None, "http://127.0.0.1:9"}


async def test_restricted_keys_are_allowed_by_a_template_of_their_own() -> None:
    allowed = await synthesize(allow_restricted_keys=True)
    usual = await synthesize()

    assert '"ALLOW_RESTRICTED_KEYS": "true"' not in json.dumps(usual.template)
    assert '"ALLOW_RESTRICTED_KEYS": "true"' in json.dumps(allowed.template)
    assert len(usual.assets) == len(allowed.assets) == 3
