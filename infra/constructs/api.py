"""The API: an HTTP API whose routes all end in one function, all but three behind a token."""

import json
from collections.abc import Mapping

import aws_cdk as cdk
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_apigatewayv2_integrations as integrations
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.constructs.identity import Identity
from infra.constructs.python_function import CodeFor, PythonFunction, log_group
from infra.settings import StageSettings

OPEN_PATHS = ("/health", "/openapi.json", "/docs")
_GUARDED_PATH = "/v1/{proxy+}"
_USUAL = apigateway.CfnStage.RouteSettingsProperty(
    throttling_rate_limit=50, throttling_burst_limit=100
)
# Each of these costs money or reaches a third party: Stripe, somebody's inbox, somebody's phone.
# Spelled as CloudFormation does: the CDK passes settings by route on as they are.
_SCARCE = {"ThrottlingRateLimit": 1, "ThrottlingBurstLimit": 5}
# Never the path or the query string, which are free text and may hold a key that somebody pasted,
# nor any header.
_ACCESS_LOG_FORMAT = json.dumps(
    {
        "time": "$context.requestTime",
        "request_id": "$context.requestId",
        "method": "$context.httpMethod",
        "route": "$context.routeKey",
        "status": "$context.status",
        "response_bytes": "$context.responseLength",
        "latency_ms": "$context.responseLatency",
        "source_ip": "$context.identity.sourceIp",
        "caller": "$context.authorizer.claims.sub",
        "authorizer_error": "$context.authorizer.error",
        "integration_error": "$context.integrationErrorMessage",
    }
)
_SCARCE_ROUTES = (
    ("POST", "/v1/channels"),
    ("POST", "/v1/channels/{id}/test"),
    ("POST", "/v1/integrations"),
    ("PATCH", "/v1/integrations/{id}"),
    ("DELETE", "/v1/integrations/{id}"),
    ("POST", "/v1/integrations/{id}/reconnect"),
    ("POST", "/v1/integrations/{id}/sync"),
    ("POST", "/v1/test-query"),
)
_LOOKING = ("GET", "HEAD")


class Api(Construct):
    """The HTTP API with its function, routes, throttles and access log.

    Attributes:
        http_api: The gateway.
        function: Answers every route.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: StageSettings,
        code_for: CodeFor,
        identity: Identity,
        environment: Mapping[str, str],
    ) -> None:
        super().__init__(scope, construct_id)
        self.function = PythonFunction(
            self,
            "Handler",
            settings=settings,
            code=code_for("api"),
            handler="functions.api.handler.handle",
            environment={
                **environment,
                "READ_SCOPES": ",".join(identity.read_scopes),
                "WRITE_SCOPES": ",".join(identity.write_scopes),
            },
            # The gateway gives up after 30 s; ending before it leaves time for an answer in words.
            timeout=cdk.Duration.seconds(29),
            # As much as the sync worker has: an explanation loads the whole account, too.
            memory_size=2048,
        )
        self.http_api = apigateway.HttpApi(self, "Gateway", create_default_stage=False)
        routes = self._routes(identity)
        self._stage(settings, log_group(self, "AccessLog", settings), routes)

    def _routes(self, identity: Identity) -> list[apigateway.HttpRoute]:
        integration = integrations.HttpLambdaIntegration("Integration", self.function.function)
        # ANY, so that the function, not the gateway, says in words which methods a path has.
        routes = [
            self.http_api.add_routes(path=path, integration=integration) for path in OPEN_PATHS
        ]
        # A route of its own is what a throttle, or scopes, of its own need.
        for method, path in (
            ("ANY", _GUARDED_PATH),
            *((method, _GUARDED_PATH) for method in _LOOKING),
            *_SCARCE_ROUTES,
        ):
            scopes = identity.read_scopes if method in _LOOKING else identity.write_scopes
            routes.append(
                self.http_api.add_routes(
                    path=path,
                    methods=[apigateway.HttpMethod(method)],
                    integration=integration,
                    authorizer=identity.authorizer,
                    authorization_scopes=scopes,
                )
            )
        return [route for added in routes for route in added]

    def _stage(
        self,
        settings: StageSettings,
        access_log: logs.LogGroup,
        routes: list[apigateway.HttpRoute],
    ) -> None:
        stage = apigateway.HttpStage(self, "Stage", http_api=self.http_api, auto_deploy=True)
        resource = stage.node.default_child
        assert isinstance(resource, apigateway.CfnStage)  # noqa: S101 - narrows for mypy
        resource.access_log_settings = apigateway.CfnStage.AccessLogSettingsProperty(
            destination_arn=access_log.log_group_arn, format=_ACCESS_LOG_FORMAT
        )
        if not settings.throttled:
            return
        resource.default_route_settings = _USUAL
        resource.route_settings = {f"{method} {path}": _SCARCE for method, path in _SCARCE_ROUTES}
        # Settings can only be given to routes that are there already.
        stage.node.add_dependency(*routes)
