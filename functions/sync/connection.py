"""Whether the integration that is being synced is still connected."""

from contextlib import suppress
from datetime import datetime, timedelta

from shared.errors import NotFoundError, StorageError
from shared.ports import Clock, ConfigStore

# Whoever disconnects an account sees its requests end soon; a long import costs few looks.
_LOOK_EVERY = timedelta(seconds=5)


class Connection:
    """Looks now and then whether an integration has been disconnected, or is gone."""

    def __init__(self, config: ConfigStore, clock: Clock, integration_id: str) -> None:
        self._config = config
        self._clock = clock
        self._id = integration_id
        self._looked_at: datetime = clock.now()
        self._is_lost = False

    def is_lost(self) -> bool:
        """Return whether it was disconnected; at most some seconds late."""
        if self._clock.now() - self._looked_at >= _LOOK_EVERY:
            return self.is_lost_now()
        return self._is_lost

    def is_lost_now(self) -> bool:
        """Look whether it was disconnected; a table that does not answer says nothing."""
        self._looked_at = self._clock.now()
        if not self._is_lost:
            with suppress(StorageError):
                self._is_lost = self._look()
        return self._is_lost

    def _look(self) -> bool:
        try:
            return not self._config.integration(self._id).is_connected
        except NotFoundError:
            return True
