"""What the environment tells the API function; the stack sets it."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Settings(BaseModel):
    """Environment of the API function: upper-case names of these fields.

    Attributes:
        stripe_api_base: another address than Stripe's own; set in the local stage only.
        schedule_hour: hour of the daily and weekly schedules, in *schedule_time_zone*.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    metrics_table: str
    ledger_table: str
    secret_prefix: str
    sync_queue_url: str
    topic_arn: str
    allow_restricted_keys: bool = False
    schedule_hour: int = Field(default=6, ge=0, le=23)
    schedule_weekday: Literal["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"] = "MON"
    schedule_time_zone: str = "UTC"
    stripe_api_base: str | None = None
