"""What a token may do, from machines' tokens of each scope to the answer of the deployed API."""

import base64
import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from local.deploy import Deployment
from tests.emulated import deployed_stack
from tests.local_process import Api

pytestmark = pytest.mark.emulator

READ, WRITE = "stripe-metrics/metrics:read", "stripe-metrics/metrics:write"
LOOK = ("GET", "/v1/integrations")
CHANGE = ("DELETE", "/v1/channels/chn_unknown")  # a change of nothing: 404 once it is allowed


@pytest.fixture(scope="module", name="deployment")
def _deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    folder = tmp_path_factory.mktemp("emulator")
    with deployed_stack(folder, machine_clients=True) as deployment:
        yield deployment


def machine(deployment: Deployment, *scopes: str) -> Api:
    """Give the API with a token that the machines' client got for *scopes*."""
    outputs = deployment.outputs
    cognito = deployment.emulator.client("cognito-idp")
    client = cognito.describe_user_pool_client(
        UserPoolId=outputs["UserPoolId"], ClientId=outputs["MachineClientId"]
    )["UserPoolClient"]
    credentials = f"{client['ClientId']}:{client['ClientSecret']}".encode()
    request = urllib.request.Request(  # noqa: S310 - a loopback address of ours
        # The emulator has one such address for all pools, and TokenUrl names that of AWS.
        f"{deployment.emulator.url}/oauth2/token",
        data=urllib.parse.urlencode(
            {"grant_type": "client_credentials", "scope": " ".join(scopes)}
        ).encode(),
        headers={
            "Authorization": f"Basic {base64.b64encode(credentials).decode()}",
            "Content-Type": "application/x-www-form-urlencoded",
        },
    )
    with urllib.request.urlopen(request) as answer:  # noqa: S310 - as above
        return Api(deployment.api_url, json.loads(answer.read())["access_token"])


@pytest.mark.parametrize(
    ("scopes", "may_look", "may_change"),
    [([READ], True, False), ([WRITE], False, True), ([READ, WRITE], True, True)],
    ids=["read", "write", "both"],
)
def test_a_machine_may_do_what_its_scopes_say(
    deployment: Deployment, scopes: list[str], *, may_look: bool, may_change: bool
) -> None:
    api = machine(deployment, *scopes)

    assert api.call(*LOOK)[0] == (200 if may_look else 403)
    assert api.call(*CHANGE)[0] == (404 if may_change else 403)


def test_a_scarce_route_asks_for_the_scope_as_well(deployment: Deployment) -> None:
    reader = machine(deployment, READ)

    assert reader.call("POST", "/v1/test-query", {}) == (403, {"message": "Forbidden"})
    assert machine(deployment, WRITE).call("POST", "/v1/test-query", {})[0] == 422


def test_the_function_asks_again_should_the_gateway_ever_forget_to(
    deployment: Deployment, forgetful_gateway: None
) -> None:
    refusal = machine(deployment, READ).refused(*CHANGE, status=403)

    assert refusal["code"] == "forbidden"
    assert WRITE in refusal["detail"]
    assert machine(deployment, WRITE).call(*LOOK)[0] == 403


@pytest.fixture(name="forgetful_gateway")
def _forgetful_gateway(deployment: Deployment) -> Iterator[None]:
    """Make the gateway ask for no scopes for as long as a test runs."""
    gateway: Any = deployment.emulator.client("apigatewayv2")
    api = deployment.outputs["ApiId"]
    routes = gateway.get_routes(ApiId=api)["Items"]
    guarded = [route for route in routes if route.get("AuthorizationScopes")]
    assert guarded
    for route in guarded:
        gateway.update_route(ApiId=api, RouteId=route["RouteId"], AuthorizationScopes=[])
    yield
    for route in guarded:
        gateway.update_route(
            ApiId=api, RouteId=route["RouteId"], AuthorizationScopes=route["AuthorizationScopes"]
        )
