"""Use case: connect a Stripe account."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal

from shared.domain.configuration import Integration
from shared.domain.definitions import Definitions
from shared.domain.stripe_key import KeyRefusal, StripeKey, parse_key
from shared.errors import InvalidInputError, KeyInvalidError, MetricsError, StorageError
from shared.ports import (
    BillingSources,
    Clock,
    ConfigStore,
    SecretStore,
    SyncQueue,
    SyncRequest,
)


def accept_key(text: str, *, allow_restricted: bool) -> StripeKey:
    """Give the key, or say why one of that form is not accepted.

    Raises:
        KeyInvalidError: with the reason in words.
    """
    key = parse_key(text, allow_restricted=allow_restricted)
    if isinstance(key, KeyRefusal):
        raise KeyInvalidError(key.message)
    return key


def refuse_own_rate(currency: str, fx_rates: Mapping[str, Decimal], pointer: str) -> None:
    """Refuse a rate for the currency that is reported in; *pointer* is to the field at fault.

    Raises:
        InvalidInputError: there is one.
    """
    if currency in fx_rates:
        detail = f"Rates are for other currencies than {currency}, which is reported in."
        raise InvalidInputError(detail, errors=((pointer, detail),))


@dataclass(frozen=True, slots=True)
class ConnectAccount:
    """Checks a key with Stripe, stores it, and queues the first import."""

    config: ConfigStore
    secrets: SecretStore
    sources: BillingSources
    queue: SyncQueue
    clock: Clock
    new_id: Callable[[str], str]
    allow_restricted_keys: bool

    def __call__(
        self,
        name: str,
        secret_key: str,
        *,
        definitions: Definitions,
        currency: str | None,
        fx_rates: Mapping[str, Decimal],
    ) -> Integration:
        """Connect the account that the key belongs to.

        Raises:
            KeyInvalidError: the key is malformed, of a kind not accepted, or unknown to Stripe.
            BillingSourceError: Stripe did not answer as needed; nothing was stored.
            InvalidInputError: no currency was given and the account has none of its own, or a
                rate was given for the currency that is reported in.
        """
        key = accept_key(secret_key, allow_restricted=self.allow_restricted_keys)
        account = self.sources(key).identify()
        currency = currency or account.default_currency
        if not currency:
            detail = "The account has no default currency. Say which one to report in."
            raise InvalidInputError(detail, errors=(("/currency", detail),))
        refuse_own_rate(currency, fx_rates, f"/fx_rates/{currency}")
        now = self.clock.now()
        integration = Integration(
            id=self.new_id("int"),
            name=name,
            mode=key.mode,
            key_masked=key.masked,
            account=account,
            currency=currency,
            fx_rates=fx_rates,
            definitions=definitions,
            created_at=now,
            connected_at=now,
            key_set_at=now,
        )
        # The secret first: an integration without its key would be a half-written one.
        self.secrets.put(integration.id, key)
        try:
            self.config.add_integration(integration)
        except MetricsError:
            self.secrets.erase(integration.id)
            raise
        # The account is connected; a first import that cannot be queued comes with the next tick.
        with suppress(StorageError):
            self.queue.send(SyncRequest(integration.id, slot=integration.created_at.isoformat()))
        return integration
