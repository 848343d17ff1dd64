"""The API's gateway: what is open, what needs a token, what is limited."""

import json

import pytest

from tests.infra.conftest import TemplateOf
from tests.infra.reading import Template, readable

OPEN = {"GET /health", "GET /openapi.json", "GET /docs"}
SCARCE = {
    "POST /v1/channels",
    "POST /v1/channels/{id}/test",
    "POST /v1/integrations",
    "POST /v1/integrations/{id}/sync",
    "POST /v1/test-query",
}


def test_every_route_but_three_needs_a_token_with_a_scope(template: Template) -> None:
    routes = {
        route["RouteKey"]: route for route in template.of_type("AWS::ApiGatewayV2::Route").values()
    }

    assert set(routes) == OPEN | SCARCE | {"ANY /v1/{proxy+}"}
    for key, route in routes.items():
        if key in OPEN:
            assert route["AuthorizationType"] == "NONE"
            assert "AuthorizerId" not in route
        else:
            assert route["AuthorizationType"] == "JWT"
            assert readable(route["AuthorizerId"]) == "<ApiGatewayTokens>"
            assert route["AuthorizationScopes"] == ["aws.cognito.signin.user.admin"]


def test_tokens_come_from_the_stacks_own_pool_by_default(template: Template) -> None:
    authorizer = template.of_type("AWS::ApiGatewayV2::Authorizer")["ApiGatewayTokens"]

    assert authorizer["IdentitySource"] == ["$request.header.Authorization"]
    assert readable(authorizer["JwtConfiguration"]["Issuer"]) == (
        "https://cognito-idp.<AWS::Region>.amazonaws.com/<IdentityUsers>"
    )
    assert [readable(a) for a in authorizer["JwtConfiguration"]["Audience"]] == [
        "<IdentityUsersClient>"
    ]


@pytest.mark.parametrize("scopes", ["", "metrics.use"])
def test_any_issuer_can_be_set_instead_of_the_pool(template_of: TemplateOf, scopes: str) -> None:
    template = template_of(
        "prod",
        jwt_issuer="https://login.example.com/",
        jwt_audience="metrics, more",
        jwt_scopes=scopes,
    )
    # The pool's own scope means nothing to another issuer: no token would carry it.
    asked = {
        scope
        for route in template.of_type("AWS::ApiGatewayV2::Route").values()
        for scope in route.get("AuthorizationScopes", [])
    }
    assert asked == ({scopes} if scopes else set())
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
