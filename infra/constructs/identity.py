"""Who may call the API: a user pool of the stack's own, or any issuer of tokens by setting."""

import aws_cdk as cdk
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_apigatewayv2_authorizers as authorizers
from aws_cdk import aws_cognito as cognito
from constructs import Construct

from infra.constructs.python_function import removal_policy
from infra.settings import COGNITO_ACCESS_SCOPE, StageSettings


class Identity(Construct):
    """The authorizer of the API, and the pool behind it where the stack keeps the users.

    Attributes:
        authorizer: Checks signature, issuer, audience and expiry of bearer tokens.
        scopes: A token needs one of them; empty where none is asked for.
        pool: None where another issuer is set.
        client: The pool's one client, or None.
    """

    def __init__(self, scope: Construct, construct_id: str, *, settings: StageSettings) -> None:
        super().__init__(scope, construct_id)
        self.pool: cognito.UserPool | None = None
        self.client: cognito.UserPoolClient | None = None
        usual_scope = "" if settings.jwt_issuer else COGNITO_ACCESS_SCOPE
        self.scopes = _words(settings.jwt_scopes or usual_scope)
        issuer, audience = settings.jwt_issuer, _words(settings.jwt_audience)
        if not issuer:
            self.pool = self._own_pool(settings)
            self.client = self._own_client(self.pool)
            region = cdk.Stack.of(self).region
            issuer = f"https://cognito-idp.{region}.amazonaws.com/{self.pool.user_pool_id}"
            audience = [self.client.user_pool_client_id]
        self.authorizer: apigateway.IHttpRouteAuthorizer = authorizers.HttpJwtAuthorizer(
            "Tokens", issuer, jwt_audience=audience
        )

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


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]
