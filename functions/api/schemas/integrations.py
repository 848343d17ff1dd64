"""Bodies of requests about integrations. Keys are never shown again."""

from typing import Annotated, Any

from pydantic import AfterValidator, ConfigDict, Field, SecretStr, StringConstraints, WithJsonSchema

from functions.api.schemas.common import (
    ChosenDefinitions,
    Name,
    Number,
    Request,
    forget_defaults,
)
from shared.domain.definitions import Definitions
from shared.domain.money import CURRENCIES


def _require_currency(code: str) -> str:
    if code not in CURRENCIES:
        raise ValueError("This is no currency that Stripe knows. Write its code, such as usd.")
    return code


_CODE = "^[A-Za-z]{3}$"
_LARGEST_RATE = 1_000_000_000
Currency = Annotated[
    str,
    StringConstraints(pattern=_CODE, to_lower=True),
    AfterValidator(_require_currency),
]
Rate = Annotated[Number, Field(gt=0, lt=_LARGEST_RATE)]
FxRates = Annotated[
    dict[Currency, Rate],
    Field(max_length=200),
    WithJsonSchema(
        {
            "type": "object",
            "description": "Units of the reporting currency for one of each other currency.",
            "patternProperties": {
                _CODE: {
                    "type": "number",
                    "exclusiveMinimum": 0,
                    "exclusiveMaximum": _LARGEST_RATE,
                }
            },
            "additionalProperties": False,
            "maxProperties": 200,
        }
    ),
]


class IntegrationBody(Request):
    """An account to connect."""

    name: Name
    secret_key: SecretStr
    definitions: ChosenDefinitions = Field(default_factory=Definitions)
    currency: Currency | None = None
    fx_rates: FxRates = Field(default_factory=dict)


class IntegrationChangesBody(Request):
    """What is to be changed of an integration; what is left out stays.

    `definitions` and `fx_rates` take the place of all those before.
    """

    model_config = ConfigDict(json_schema_extra=forget_defaults)

    name: Name = ""
    secret_key: SecretStr = SecretStr("")
    definitions: ChosenDefinitions = Definitions()
    currency: Currency = ""
    fx_rates: FxRates = Field(default={})

    @property
    def changes(self) -> dict[str, Any]:
        """Give the fields that were sent, by their names, without the key."""
        sent = self.model_fields_set - {"secret_key"}
        return {name: getattr(self, name) for name in sent}

    @property
    def key(self) -> str | None:
        """Give the key, where one was sent."""
        is_sent = "secret_key" in self.model_fields_set
        return self.secret_key.get_secret_value() if is_sent else None


class KeyBody(Request):
    """The key to connect an account again with."""

    secret_key: SecretStr
