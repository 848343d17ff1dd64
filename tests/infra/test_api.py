"""The API's gateway: what is open, what needs a token, what is limited."""

import json
from typing import Any

import pytest

from functions.api.handler import app
from infra.settings import settings_for
from tests.infra.conftest import TemplateOf
from tests.infra.reading import Template, readable

OPEN = {"ANY /health", "ANY /openapi.json", "ANY /docs"}
LOOKING = {"GET /v1/{proxy+}", "HEAD /v1/{proxy+}"}
SCARCE = {
    "POST /v1/channels",
    "POST /v1/channels/{id}/test",
    "POST /v1/integrations",
    "PATCH /v1/integrations/{id}",
    "DELETE /v1/integrations/{id}",
    "POST /v1/integrations/{id}/reconnect",
    "POST /v1/integrations/{id}/sync",
    "POST /v1/test-query",
}
SIGNED_IN = "aws.cognito.signin.user.admin"


def routes_of(template: Template) -> dict[str, dict[str, Any]]:
    routes = template.of_type("AWS::ApiGatewayV2::Route").values()
    return {route["RouteKey"]: route for route in routes}


def test_every_route_but_three_needs_a_token_with_a_scope(template: Template) -> None:
    routes = routes_of(template)

    assert set(routes) == OPEN | LOOKING | SCARCE | {"ANY /v1/{proxy+}"}
    for key, route in routes.items():
        if key in OPEN:
            assert route["AuthorizationType"] == "NONE"
            assert "AuthorizerId" not in route
        else:
            scope = "read" if key in LOOKING else "write"
            assert route["AuthorizationType"] == "JWT"
            assert readable(route["AuthorizerId"]) == "<ApiGatewayTokens>"
            assert route["AuthorizationScopes"] == [SIGNED_IN, f"stripe-metrics/metrics:{scope}"]


def test_the_function_asks_for_the_scopes_that_the_gateway_asks_for(template: Template) -> None:
    environment, routes = template.environment("ApiHandlerFunction"), routes_of(template)

    for name, key in (("READ_SCOPES", "GET /v1/{proxy+}"), ("WRITE_SCOPES", "ANY /v1/{proxy+}")):
        assert environment[name].split(",") == routes[key]["AuthorizationScopes"]


@pytest.mark.parametrize("key", sorted(SCARCE))
def test_what_is_scarce_is_a_route_of_the_function(key: str) -> None:
    method, path = key.split()
    sample = path.replace("{id}", "some_id")

    routes = [*app._static_routes, *app._dynamic_routes]
    assert any(route.method == method and route.rule.match(sample) for route in routes)


def test_machines_have_no_client_unless_a_deployment_wants_it(template_of: TemplateOf) -> None:
    template = template_of("prod", dashboard=False)
    assert template.of_type("AWS::Cognito::UserPoolResourceServer") == {}
    assert template.of_type("AWS::Cognito::UserPoolDomain") == {}
    assert set(template.of_type("AWS::Cognito::UserPoolClient")) == {"IdentityUsersClient"}
    assert "TokenUrl" not in template.json["Outputs"]


def test_machines_get_tokens_by_client_credentials_with_both_scopes(
    template_of: TemplateOf,
) -> None:
    template = template_of("prod", machine_clients=True)
    client = template.of_type("AWS::Cognito::UserPoolClient")["IdentityUsersMachines"]
    audience = template.of_type("AWS::ApiGatewayV2::Authorizer")["ApiGatewayTokens"]

    assert client["GenerateSecret"] is True
    assert client["AllowedOAuthFlows"] == ["client_credentials"]
    assert client["ExplicitAuthFlows"] == ["ALLOW_REFRESH_TOKEN_AUTH"]  # nobody signs in by it
    assert [readable(scope) for scope in client["AllowedOAuthScopes"]] == [
        "<IdentityUsersServer>/metrics:read",
        "<IdentityUsersServer>/metrics:write",
    ]
    (server,) = template.of_type("AWS::Cognito::UserPoolResourceServer").values()
    assert server["Identifier"] == "stripe-metrics"
    assert [readable(it) for it in audience["JwtConfiguration"]["Audience"]] == [
        "<IdentityUsersClient>",
        "<IdentityUsersWeb>",
        "<IdentityUsersMachines>",
    ]
    (domain,) = template.of_type("AWS::Cognito::UserPoolDomain").values()
    assert readable(domain["Domain"]) == "stripe-metrics-prod-<AWS::AccountId>"
    outputs = template.json["Outputs"]
    assert readable(outputs["MachineClientId"]["Value"]) == "<IdentityUsersMachines>"
    assert readable(outputs["TokenUrl"]["Value"]) == (
        "https://<IdentityUsersDomain>.auth.<AWS::Region>.amazoncognito.com/oauth2/token"
    )


def test_machines_can_be_kept_from_changing_anything(template_of: TemplateOf) -> None:
    template = template_of("prod", machine_clients=True, machines_only_read=True)
    client = template.of_type("AWS::Cognito::UserPoolClient")["IdentityUsersMachines"]

    assert [readable(scope) for scope in client["AllowedOAuthScopes"]] == [
        "<IdentityUsersServer>/metrics:read"
    ]


def test_machines_of_another_issuer_are_its_own_business() -> None:
    issuer = {"jwt_issuer": "https://login.example.com/", "jwt_audience": "metrics"}
    with pytest.raises(ValueError, match="own pool"):
        settings_for("prod", issuer | {"machine_clients": "true"})


def test_tokens_come_from_the_stacks_own_pool_by_default(template: Template) -> None:
    authorizer = template.of_type("AWS::ApiGatewayV2::Authorizer")["ApiGatewayTokens"]

    assert authorizer["IdentitySource"] == ["$request.header.Authorization"]
    assert readable(authorizer["JwtConfiguration"]["Issuer"]) == (
        "https://cognito-idp.<AWS::Region>.amazonaws.com/<IdentityUsers>"
    )
    assert [readable(a) for a in authorizer["JwtConfiguration"]["Audience"]] == [
        "<IdentityUsersClient>",
        "<IdentityUsersWeb>",
    ]


@pytest.mark.parametrize(
    ("chosen", "asked"),
    [
        ({}, {"metrics:read", "metrics:write"}),
        ({"jwt_read_scopes": "", "jwt_write_scopes": ""}, set()),
        ({"jwt_read_scopes": "see,metrics:read"}, {"see", "metrics:read", "metrics:write"}),
    ],
)
def test_any_issuer_can_be_set_instead_of_the_pool(
    template_of: TemplateOf, chosen: dict[str, str], asked: set[str]
) -> None:
    template = template_of(
        "prod",
        jwt_issuer="https://login.example.com/",
        jwt_audience="metrics, more",
        **chosen,
    )
    # The pool's own scope means nothing to another issuer: no token would carry it.
    routes = routes_of(template).values()
    assert {scope for it in routes for scope in it.get("AuthorizationScopes", [])} == asked
    authorizer = template.of_type("AWS::ApiGatewayV2::Authorizer")["ApiGatewayTokens"]

    assert authorizer["JwtConfiguration"] == {
        "Issuer": "https://login.example.com/",
        "Audience": ["metrics", "more"],
    }
    assert template.of_type("AWS::Cognito::UserPool") == {}
    assert "UserPoolId" not in template.json["Outputs"]


def test_nobody_signs_up_by_themselves(template: Template) -> None:
    pool = template.of_type("AWS::Cognito::UserPool")["IdentityUsers"]
    client = template.of_type("AWS::Cognito::UserPoolClient")["IdentityUsersClient"]

    assert pool["AdminCreateUserConfig"] == {"AllowAdminCreateUserOnly": True}
    assert pool["Policies"]["PasswordPolicy"]["MinimumLength"] == 12
    assert client["AllowedOAuthFlowsUserPoolClient"] is False
    assert "ALLOW_USER_PASSWORD_AUTH" not in client["ExplicitAuthFlows"]


def test_requests_are_limited_and_scarce_ones_more_so(template: Template) -> None:
    stage = template.of_type("AWS::ApiGatewayV2::Stage")["ApiStage"]

    assert stage["DefaultRouteSettings"] == {
        "ThrottlingRateLimit": 50,
        "ThrottlingBurstLimit": 100,
    }
    assert set(stage["RouteSettings"]) == SCARCE
    for limits in stage["RouteSettings"].values():
        assert limits == {"ThrottlingRateLimit": 1, "ThrottlingBurstLimit": 5}


def test_limits_are_set_after_the_routes_they_name(template: Template) -> None:
    routes = {
        logical_id
        for logical_id, resource in template.json["Resources"].items()
        if resource["Type"] == "AWS::ApiGatewayV2::Route"
    }

    assert routes <= set(template.resource("ApiStage")["DependsOn"])


def test_the_access_log_has_neither_query_nor_headers(template: Template) -> None:
    stage = template.of_type("AWS::ApiGatewayV2::Stage")["ApiStage"]
    log = json.loads(stage["AccessLogSettings"]["Format"])

    assert "$context.path" not in log.values()
    assert log["status"] == "$context.status"
    assert "query" not in stage["AccessLogSettings"]["Format"].lower()


def test_the_function_answers_before_the_gateway_gives_up(template: Template) -> None:
    function = template.of_type("AWS::Lambda::Function")["ApiHandlerFunction"]

    assert function["Timeout"] == 29
    assert function["Handler"] == "functions.api.handler.handle"
