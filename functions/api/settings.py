"""What the environment tells the API function; the stack sets it."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class AccessSettings(BaseModel):
    """What a token must carry: scopes separated by commas, of which it needs one; none: no check.

    Attributes:
        read_scopes: for looking at things.
        write_scopes: for everything else.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    read_scopes: str = ""
    write_scopes: str = ""

    def scopes_for(self, method: str) -> list[str]:
        """Give the scopes of which a request by *method* needs one; none where none is asked."""
        scopes = self.read_scopes if method in {"GET", "HEAD"} else self.write_scopes
        return [word.strip() for word in scopes.split(",") if word.strip()]


class Settings(AccessSettings):
    """Environment of the API function: upper-case names of these fields.

    Attributes:
        stripe_api_base: another address than Stripe's own; set in the local stage only.
        schedule_hour: hour of the daily and weekly schedules, in *schedule_time_zone*.
    """

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
