"""Who may call the API: a user pool of the stack's own, or any issuer of tokens by setting."""

import aws_cdk as cdk
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_apigatewayv2_authorizers as authorizers
from aws_cdk import aws_cognito as cognito
from constructs import Construct

from infra.constructs.python_function import removal_policy
from infra.settings import StageSettings

# What the access token of a user who signed in carries, and no ID token does. Cognito gives scopes
# of one's own to OAuth flows alone, so it stands for both of them.
_SIGNED_IN = "aws.cognito.signin.user.admin"
_SERVER = "stripe-metrics"
_READ, _WRITE = "metrics:read", "metrics:write"


class Identity(Construct):
    """The authorizer of the API, and the pool behind it where the stack keeps the users.

    Attributes:
        authorizer: Checks signature, issuer, audience and expiry of bearer tokens.
        read_scopes: A token needs one of them to look at things; empty where none is asked for.
        write_scopes: Likewise, to do anything else.
        pool: None where another issuer is set.
        client: The pool's client for people, or None.
        web_client: The pool's client for the dashboard, or None.
        machine_client: The pool's client for machines, or None.
        token_url: Where machines and the dashboard get their tokens, or None.
        sign_in_origin: Where the pool's own pages are; empty where it has none.
    """

    def __init__(self, scope: Construct, construct_id: str, *, settings: StageSettings) -> None:
        super().__init__(scope, construct_id)
        self.pool: cognito.UserPool | None = None
        self.client: cognito.UserPoolClient | None = None
        self.web_client: cognito.UserPoolClient | None = None
        self.machine_client: cognito.UserPoolClient | None = None
        self.token_url: str | None = None
        self.sign_in_origin = ""
        self.read_scopes = _words(settings.jwt_read_scopes)
        self.write_scopes = _words(settings.jwt_write_scopes)
        issuer, audience = settings.jwt_issuer, _words(settings.jwt_audience)
        if not issuer:
            self.read_scopes = [_SIGNED_IN, f"{_SERVER}/{_READ}"]
            self.write_scopes = [_SIGNED_IN, f"{_SERVER}/{_WRITE}"]
            self.pool = self._own_pool(settings)
            self.client = self._own_client(self.pool)
            region = cdk.Stack.of(self).region
            issuer = f"https://cognito-idp.{region}.amazonaws.com/{self.pool.user_pool_id}"
            audience = [self.client.user_pool_client_id]
            if settings.has_dashboard or settings.machine_clients:
                self.sign_in_origin = self._domain(self.pool, settings)
                self.token_url = f"{self.sign_in_origin}/oauth2/token"
            if settings.has_dashboard:
                self.web_client = self._for_dashboard(self.pool)
                audience.append(self.web_client.user_pool_client_id)
            if settings.machine_clients:
                self.machine_client = self._for_machines(self.pool, settings)
                audience.append(self.machine_client.user_pool_client_id)
        self.authorizer: apigateway.IHttpRouteAuthorizer = authorizers.HttpJwtAuthorizer(
            "Tokens", issuer, jwt_audience=audience
        )

    @property
    def sign_in(self) -> dict[str, str] | None:
        """How the dashboard signs people in, as its config.json says it."""
        if self.web_client is None or self.token_url is None:
            return None
        return {
            "authorize_url": f"{self.sign_in_origin}/oauth2/authorize",
            "token_url": self.token_url,
            "client_id": self.web_client.user_pool_client_id,
            "scopes": f"openid {_SIGNED_IN}",
        }

    def sign_in_at(self, url: str) -> None:
        """Let people who have signed in come back to an address, and to no other."""
        if self.web_client is None:
            return
        # It is known only when the API is, which the authorizer of this client guards.
        client = self.web_client.node.default_child
        assert isinstance(client, cognito.CfnUserPoolClient)  # noqa: S101 - narrows for mypy
        client.callback_ur_ls = [url]

    def _own_pool(self, settings: StageSettings) -> cognito.UserPool:
        return cognito.UserPool(
            self,
            "Users",
            self_sign_up_enabled=False,
            sign_in_aliases=cognito.SignInAliases(email=True),
            account_recovery=cognito.AccountRecovery.EMAIL_ONLY,
            password_policy=cognito.PasswordPolicy(min_length=12),
            mfa=cognito.Mfa.OPTIONAL,
            mfa_second_factor=cognito.MfaSecondFactor(otp=True, sms=False),
            deletion_protection=settings.retain_data,
            removal_policy=removal_policy(settings),
        )

    def _own_client(self, pool: cognito.UserPool) -> cognito.UserPoolClient:
        return pool.add_client(
            "Client",
            # `admin_user_password` needs AWS credentials besides the password: it is how an
            # operator gets a token on the command line.
            auth_flows=cognito.AuthFlow(user_srp=True, admin_user_password=True),
            disable_o_auth=True,
            prevent_user_existence_errors=True,
            access_token_validity=cdk.Duration.hours(1),
            id_token_validity=cdk.Duration.hours(1),
            refresh_token_validity=cdk.Duration.days(30),
        )

    def _domain(self, pool: cognito.UserPool, settings: StageSettings) -> str:
        prefix = f"{_SERVER}-{settings.stage}-{cdk.Aws.ACCOUNT_ID}"
        domain = pool.add_domain(
            "Domain", cognito_domain=cognito.CognitoDomainOptions(domain_prefix=prefix)
        )
        return domain.base_url()

    def _for_dashboard(self, pool: cognito.UserPool) -> cognito.UserPoolClient:
        return pool.add_client(
            "Web",
            # A page keeps no secret: PKCE proves that who began the sign-in ends it.
            generate_secret=False,
            auth_flows=cognito.AuthFlow(user_srp=False),
            o_auth=cognito.OAuthSettings(
                flows=cognito.OAuthFlows(authorization_code_grant=True),
                scopes=[cognito.OAuthScope.OPENID, cognito.OAuthScope.COGNITO_ADMIN],
            ),
            prevent_user_existence_errors=True,
            access_token_validity=cdk.Duration.hours(1),
            id_token_validity=cdk.Duration.hours(1),
            refresh_token_validity=cdk.Duration.hours(1),
        )

    def _for_machines(
        self, pool: cognito.UserPool, settings: StageSettings
    ) -> cognito.UserPoolClient:
        read = cognito.ResourceServerScope(
            scope_name=_READ, scope_description="Look at integrations, metrics, goals, alerts."
        )
        write = cognito.ResourceServerScope(
            scope_name=_WRITE, scope_description="Make, change and remove them, and test them."
        )
        server = pool.add_resource_server("Server", identifier=_SERVER, scopes=[read, write])
        return pool.add_client(
            "Machines",
            generate_secret=True,
            # Where none is named Cognito allows some by which people sign in.
            auth_flows=cognito.AuthFlow(user_srp=False),
            o_auth=cognito.OAuthSettings(
                flows=cognito.OAuthFlows(client_credentials=True),
                scopes=[
                    cognito.OAuthScope.resource_server(server, scope)
                    for scope in ([read] if settings.machines_only_read else [read, write])
                ],
            ),
            access_token_validity=cdk.Duration.hours(1),
        )


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]
