"""Use case: stop reading a Stripe account, and keep what was read."""

from dataclasses import dataclass, replace

from functions.api.revisions import until_nobody_interferes
from shared.domain.configuration import Integration
from shared.ports import ConfigStore, SecretStore


@dataclass(frozen=True, slots=True)
class DisconnectAccount:
    """Ends an integration's syncs and gives up its key; its history stays readable."""

    config: ConfigStore
    secrets: SecretStore

    def __call__(self, integration_id: str) -> Integration:
        """Disconnect the integration and give it; one that is disconnected stays as it is.

        Raises:
            NotFoundError: no such integration.
        """
        integration = until_nobody_interferes(lambda: self._disconnect(integration_id))
        # Nothing reads the key any more. Whoever was cut short here asks again.
        self.secrets.delete(integration_id)
        return integration

    def _disconnect(self, integration_id: str) -> Integration:
        before = self.config.integration(integration_id)
        if not before.is_connected:
            return before
        after = replace(before, is_connected=False, revision=before.revision + 1)
        self.config.save_integration(after)
        return after
