"""Use case: read a disconnected Stripe account again."""

from contextlib import suppress
from dataclasses import dataclass, replace

from functions.api.account_keys import AccountKeys
from shared.domain.configuration import Integration
from shared.errors import ConflictError, StorageError
from shared.ports import Clock, ConfigStore, SyncQueue, SyncRequest


@dataclass(frozen=True, slots=True)
class ReconnectAccount:
    """Gives an integration a key again; its syncs go on where they ended."""

    config: ConfigStore
    keys: AccountKeys
    queue: SyncQueue
    clock: Clock

    def __call__(self, integration_id: str, secret_key: str) -> Integration:
        """Connect the integration to its account again, and give it.

        Raises:
            NotFoundError: no such integration.
            ConflictError: it is connected.
            KeyInvalidError: the key is malformed, of a kind not accepted, or unknown to Stripe.
            AccountMismatchError: the key is of another account, or of the other mode.
            BillingSourceError: Stripe did not answer as needed; nothing is changed.
        """
        before = self.config.integration(integration_id)
        if before.is_connected:
            raise ConflictError(
                "This integration is connected. To give it another key, change its secret_key."
            )
        key = self.keys.check(secret_key, before)
        now = self.clock.now()
        integration = self.keys.exchange(
            integration_id, key, lambda it: replace(it, is_connected=True, connected_at=now)
        )
        # A sync that cannot be queued comes with the next tick.
        with suppress(StorageError):
            slot = f"{integration.id}-{integration.revision}"
            self.queue.send(SyncRequest(integration.id, slot=slot))
        return integration
