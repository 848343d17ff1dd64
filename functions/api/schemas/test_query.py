"""The body of a test query."""

from typing import Any

from pydantic import SecretStr, model_validator

from functions.api.schemas.common import ChosenDefinitions, Id, Query, Request


class TestQueryBody(Request):
    """A query to try; nothing is saved."""

    __test__ = False  # not a test class, whatever its name begins with

    integration_id: Id | None = None
    secret_key: SecretStr | None = None
    query: Query
    definitions: ChosenDefinitions | None = None

    @model_validator(mode="before")
    @classmethod
    def _one_account(cls, body: Any) -> Any:
        if isinstance(body, dict):
            given = [f for f in ("integration_id", "secret_key") if body.get(f) is not None]
            if len(given) != 1:
                raise ValueError("Give either integration_id or secret_key, and not both.")
        return body
