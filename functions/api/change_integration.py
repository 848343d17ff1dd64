"""Use case: rename an integration, roll its key, or change what its numbers mean."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from functions.api.account_keys import AccountKeys
from functions.api.connect_account import refuse_own_rate
from functions.api.revisions import refuse_stale, until_nobody_interferes
from shared.domain.configuration import Integration
from shared.errors import ConflictError, StorageError
from shared.ports import Clock, ConfigStore, SyncQueue, SyncRequest


@dataclass(frozen=True, slots=True)
class ChangeIntegration:
    """Stores a changed integration, and asks for new values where they will be others."""

    config: ConfigStore
    keys: AccountKeys
    queue: SyncQueue
    clock: Clock

    def __call__(
        self,
        integration_id: str,
        changes: Mapping[str, Any],
        *,
        secret_key: str | None = None,
        expected: int | None = None,
    ) -> Integration:
        """Change fields of the integration, by their names, and its key, and give it.

        Raises:
            NotFoundError: no such integration.
            InvalidInputError: there would be a rate for the currency that is reported in.
            KeyInvalidError: the key is malformed, of a kind not accepted, or unknown to Stripe.
            AccountMismatchError: the key is of another account, or of the other mode.
            BillingSourceError: Stripe did not answer as needed.
            ConflictError: a key was given, and the integration is disconnected.
            VersionConflictError: it has not the expected revision.

        After each of them nothing is changed.
        """
        if secret_key is None:
            before, integration = until_nobody_interferes(
                lambda: self._change(integration_id, changes, expected), expected
            )
            # Values under other terms should not have to wait for the next tick.
            is_wanted = integration.is_connected and integration.terms != before.terms
        else:
            integration = self._roll(integration_id, changes, secret_key, expected)
            is_wanted = True
        if is_wanted:
            slot = f"{integration.id}-{integration.revision}"
            with suppress(StorageError):
                self.queue.send(SyncRequest(integration.id, slot=slot))
        return integration

    def _change(
        self, integration_id: str, changes: Mapping[str, Any], expected: int | None
    ) -> tuple[Integration, Integration]:
        before = self.config.integration(integration_id)
        refuse_stale(before.revision, expected)
        after = self._changed(before, changes)
        if after == before:
            return before, before
        after = replace(after, revision=before.revision + 1)
        self.config.save_integration(after)
        return before, after

    def _roll(
        self,
        integration_id: str,
        changes: Mapping[str, Any],
        secret_key: str,
        expected: int | None,
    ) -> Integration:
        def change(integration: Integration) -> Integration:
            if not integration.is_connected:
                raise ConflictError(
                    "This integration is disconnected. Give the key to its reconnect instead."
                )
            return self._changed(integration, changes)

        # Stripe is not asked about a key that could not be stored anyway.
        integration = self.config.integration(integration_id)
        refuse_stale(integration.revision, expected)
        change(integration)
        key = self.keys.check(secret_key, integration)
        return self.keys.exchange(integration_id, key, change, expected)

    def _changed(self, before: Integration, changes: Mapping[str, Any]) -> Integration:
        after = before.changed(changes, self.clock.now())
        pointer = f"/fx_rates/{after.currency}" if "fx_rates" in changes else "/currency"
        refuse_own_rate(after.currency, after.fx_rates, pointer)
        return after
