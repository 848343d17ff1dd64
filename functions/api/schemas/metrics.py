"""Bodies of requests about metrics."""

from typing import Any

from pydantic import ConfigDict

from functions.api.schemas.common import Name, Query, Request, forget_defaults
from shared.domain.configuration import RefreshInterval
from shared.domain.metrics import Mrr


class MetricBody(Request):
    """A metric to be kept up to date."""

    name: Name
    query: Query
    refresh_interval: RefreshInterval


class MetricChangesBody(Request):
    """What is to be changed of a metric; what is left out stays."""

    model_config = ConfigDict(json_schema_extra=forget_defaults)

    name: Name = ""
    query: Query = Mrr()
    refresh_interval: RefreshInterval = "daily"

    @property
    def changes(self) -> dict[str, Any]:
        """Give the fields that were sent, by their names."""
        return {name: getattr(self, name) for name in self.model_fields_set}
