"""Turns the bearer token of a local run into one that the deployed authorizer accepts."""

import asyncio
import hmac
import secrets
import time

from local.deploy import Deployment

_USER = "local@example.com"
_RENEW_BEFORE_SECONDS = 300.0


class Tokens:
    """A user of the deployed pool, and its current access token.

    A token that is not the run's own is nobody's business here: the gateway refuses it.
    """

    def __init__(self, deployment: Deployment, own_token: str) -> None:
        self._cognito = deployment.emulator.client("cognito-idp")
        self._pool = deployment.outputs["UserPoolId"]
        self._client = deployment.outputs["UserPoolClientId"]
        self._own_token = own_token
        self._password = f"{secrets.token_urlsafe(24)}-Aa1"
        self._access_token = ""
        self._valid_until = 0.0
        self._lock = asyncio.Lock()

    def is_own(self, authorization: str | None) -> bool:
        """Whether an Authorization header carries the token of this run."""
        kind, _, token = (authorization or "").partition(" ")
        return kind.lower() == "bearer" and hmac.compare_digest(
            token.strip().encode(), self._own_token.encode()
        )

    async def access_token(self) -> str:
        """An access token that is good for a while yet."""
        async with self._lock:
            if time.monotonic() > self._valid_until - _RENEW_BEFORE_SECONDS:
                await asyncio.to_thread(self._sign_in)
            return self._access_token

    async def create_user(self) -> None:
        """Make the one user of the run."""
        await asyncio.to_thread(self._create_user)

    def _create_user(self) -> None:
        self._cognito.admin_create_user(
            UserPoolId=self._pool,
            Username=_USER,
            UserAttributes=[
                {"Name": "email", "Value": _USER},
                {"Name": "email_verified", "Value": "true"},
            ],
            MessageAction="SUPPRESS",
        )
        self._cognito.admin_set_user_password(
            UserPoolId=self._pool, Username=_USER, Password=self._password, Permanent=True
        )

    def _sign_in(self) -> None:
        result = self._cognito.admin_initiate_auth(
            UserPoolId=self._pool,
            ClientId=self._client,
            AuthFlow="ADMIN_USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": _USER, "PASSWORD": self._password},
        )["AuthenticationResult"]
        self._access_token = result["AccessToken"]
        self._valid_until = time.monotonic() + result["ExpiresIn"]
