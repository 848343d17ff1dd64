"""The key of an integration that is there: whether it may take its place, and how it does."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace

from functions.api.connect_account import accept_key
from functions.api.revisions import refuse_stale, until_nobody_interferes
from shared.domain.configuration import Integration
from shared.domain.stripe_key import StripeKey, parse_key
from shared.errors import (
    AccountMismatchError,
    ConflictError,
    MetricsError,
    NotFoundError,
    SecretMissingError,
)
from shared.ports import BillingSources, Clock, ConfigStore, SecretStore

Change = Callable[[Integration], Integration]


@dataclass(frozen=True, slots=True)
class AccountKeys:
    """Checks keys of accounts that are connected already, and exchanges them."""

    config: ConfigStore
    secrets: SecretStore
    sources: BillingSources
    clock: Clock
    allow_restricted_keys: bool

    def check(self, text: str, integration: Integration) -> StripeKey:
        """Give the key, once Stripe has said that it is of the integration's account.

        Raises:
            KeyInvalidError: it is malformed, of a kind not accepted, or unknown to Stripe.
            AccountMismatchError: it is of another account, or of the other mode.
            BillingSourceError: Stripe did not answer as needed.
        """
        key = accept_key(text, allow_restricted=self.allow_restricted_keys)
        if key.mode != integration.mode:
            raise AccountMismatchError(
                f"This is a {key.mode} key, and the integration was connected in {integration.mode}"
                f" mode. Give a {integration.mode} key, or connect the account once more."
            )
        account, connected = self.sources(key).identify(), integration.account
        if account.id != connected.id:
            raise AccountMismatchError(
                f"This key is of the Stripe account {account.id}, and the integration is connected"
                f" to {connected.id}. Give a key of that one, or connect the other by itself."
            )
        return key

    def exchange(
        self, integration_id: str, key: StripeKey, change: Change, expected: int | None = None
    ) -> Integration:
        """Store a key and the integration with it, and give the latter.

        What may be seen of the key is stored after the key, by whoever stored a key last. Where
        the integration cannot be stored, the key before it is put back.

        Args:
            integration_id: whose key it is.
            key: that has been checked.
            change: makes the integration that is to be stored of the one that is there; may be
                asked several times, and refuse by raising.
            expected: the revision that it must have; None for any.

        Raises:
            VersionConflictError: it has not the expected revision; nothing is changed.
        """
        # Of several that expect the same revision only one gets past this, before a key is put.
        until_nobody_interferes(lambda: self._reserve(integration_id, change, expected), expected)
        before = self._stored(integration_id)
        is_known = before == key.reveal()
        try:
            return until_nobody_interferes(
                lambda: self._store(integration_id, key, change, is_known=is_known)
            )
        except MetricsError as error:
            with suppress(MetricsError):
                self._take_back(integration_id, before, error)
            raise

    def _reserve(self, integration_id: str, change: Change, expected: int | None) -> None:
        integration = self.config.integration(integration_id)
        refuse_stale(integration.revision, expected)
        change(integration)
        self.config.save_integration(replace(integration, revision=integration.revision + 1))

    def _store(
        self, integration_id: str, key: StripeKey, change: Change, *, is_known: bool
    ) -> Integration:
        before = self.config.integration(integration_id)
        # The same key once more is no younger for it.
        is_same = is_known and before.key_masked == key.masked
        after = replace(
            change(before),
            key_masked=key.masked,
            key_set_at=before.key_set_at if is_same else self.clock.now(),
            revision=before.revision + 1,
        )
        self.secrets.put(integration_id, key)
        self.config.save_integration(after)
        return after

    def _stored(self, integration_id: str) -> str | None:
        try:
            return self.secrets.get(integration_id)
        except SecretMissingError:
            return None

    def _take_back(self, integration_id: str, before: str | None, error: MetricsError) -> None:
        """Leave no key that the integration does not speak of."""
        key = parse_key(before, allow_restricted=True) if before is not None else None
        if isinstance(error, NotFoundError):
            self.secrets.erase(integration_id)
        elif isinstance(error, ConflictError) or not isinstance(key, StripeKey):
            self.secrets.delete(integration_id)
        else:
            self.secrets.put(integration_id, key)
