"""What the environment tells the alerts function; the stack sets it."""

from pydantic import BaseModel, ConfigDict


class Settings(BaseModel):
    """Environment of the alerts function: upper-case names of these fields."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    metrics_table: str
    topic_arn: str
    failures_queue_url: str
