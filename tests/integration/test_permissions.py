"""The emulator enforces the template's permissions: what is not granted is refused."""

import json

import pytest

from tests.emulated import deployed_stack

pytestmark = pytest.mark.emulator

TICK = json.dumps({"interval": "hourly", "scheduled_time": "2026-11-22T12:00:00Z"}).encode()


@pytest.fixture(scope="module", name="deployment")
def _deployment(tmp_path_factory):
    with deployed_stack(tmp_path_factory.mktemp("emulator")) as deployment:
        yield deployment


def target_of(deployment, name: str) -> str:
    schedule = deployment.emulator.client("scheduler").get_schedule(
        GroupName=deployment.outputs["ScheduleGroupName"],
        Name=deployment.outputs[f"{name}ScheduleName"],
    )
    return schedule["Target"]["Arn"]


def invoke(deployment, arn: str) -> tuple[bool, str]:
    answer = deployment.emulator.client("lambda").invoke(FunctionName=arn, Payload=TICK)
    return "FunctionError" not in answer, answer["Payload"].read().decode()


def test_a_function_may_do_what_it_was_granted_and_nothing_once_the_grant_is_gone(deployment):
    arn = target_of(deployment, "Hourly")
    assert invoke(deployment, arn) == (
        True,
        json.dumps({"slot": "2026-11-22T12:00:00Z", "queued": []}),
    )
    iam = deployment.emulator.client("iam")
    found = deployment.emulator.client("lambda").get_function(FunctionName=arn)
    role = found["Configuration"]["Role"].rsplit("/", 1)[1]
    for policy in iam.list_role_policies(RoleName=role)["PolicyNames"]:
        iam.delete_role_policy(RoleName=role, PolicyName=policy)
    works, error = invoke(deployment, arn)
    assert not works
    assert "The function's role does not allow to read a list." in error


def test_the_sweep_may_look_at_all_accounts_and_at_all_that_is_unsent(deployment):
    assert invoke(deployment, target_of(deployment, "Sweep")) == (True, "{}")
