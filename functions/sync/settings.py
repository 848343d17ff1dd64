"""What the environment tells the sync functions; the stack sets it."""

from pydantic import BaseModel, ConfigDict, Field


class DispatcherSettings(BaseModel):
    """Environment of a dispatcher: upper-case names of these fields."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    metrics_table: str
    sync_queue_url: str


class WorkerSettings(BaseModel):
    """Environment of the worker: upper-case names of these fields.

    Attributes:
        stripe_api_base: another address than Stripe's own; set in the local stage only.
        lease_seconds: longer than the function can run.
        sync_queue_url: where a sync that takes longer asks to be carried on.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    metrics_table: str
    ledger_table: str
    secret_prefix: str
    sync_queue_url: str
    allow_restricted_keys: bool = False
    stripe_api_base: str | None = None
    lease_seconds: int = Field(gt=0)
