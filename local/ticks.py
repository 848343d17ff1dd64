"""Fires the schedules of the stack: on request, and by the clock.

The emulator's own scheduler neither fills in `<aws.scheduler.scheduled-time>` nor knows time zones,
so the local stage has it switched off. What is fired, at what, with which input and when is read
from the deployed schedules all the same.
"""

import asyncio
import json
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from botocore.exceptions import BotoCoreError, ClientError

from local.deploy import Deployment
from local.failure import LocalRunError

INTERVALS = ("hourly", "daily", "weekly")
_SWEEP = "sweep"
_PLACEHOLDER = "<aws.scheduler.scheduled-time>"
_WEEKDAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")


@dataclass(frozen=True)
class Schedule:
    """A deployed schedule."""

    target: str
    input: str
    expression: str
    time_zone: str

    def fires_at(self, at: datetime) -> bool:
        """Whether the minute that *at* lies in is one of the schedule's."""
        kind, _, rest = self.expression.removesuffix(")").partition("(")
        fields = rest.split()
        if kind == "rate":
            return int(at.timestamp()) // 60 % int(fields[0]) == 0  # the only unit is minutes
        here = at.astimezone(ZoneInfo(self.time_zone))
        minute, hour, _, _, weekday, _ = fields
        return all(
            wanted in ("*", "?", actual)
            for wanted, actual in (
                (minute, str(here.minute)),
                (hour, str(here.hour)),
                (weekday, _WEEKDAYS[here.weekday()]),
            )
        )


class Ticks:
    """Invokes what the schedules of the deployed stack aim at, each tick with its own slot."""

    def __init__(self, deployment: Deployment) -> None:
        self._scheduler = deployment.emulator.client("scheduler")
        self._lambda = deployment.emulator.client("lambda")
        self._outputs = deployment.outputs
        self._last_slot = datetime.min.replace(tzinfo=UTC)

    async def fire(self, interval: str) -> list[str]:
        """One new tick now; answers the ids of the integrations whose sync it queued."""
        result = await asyncio.to_thread(self._fire, interval, self._new_slot())
        return list(result["queued"])

    def sweep(self) -> None:
        """Have what is unsent sent now; a failure is told, and left to the next sweep."""
        self._fire_or_tell(_SWEEP, datetime.now(UTC))

    async def run_by_clock(self) -> None:
        """Fire whatever is due, each minute, until cancelled."""
        names = (*INTERVALS, _SWEEP)
        schedules = {name: await asyncio.to_thread(self.schedule, name) for name in names}
        while True:
            now = datetime.now(UTC)
            minute = now.replace(second=0, microsecond=0) + timedelta(minutes=1)
            await asyncio.sleep((minute - now).total_seconds())
            for name, schedule in schedules.items():
                if schedule.fires_at(minute):
                    await asyncio.to_thread(self._fire_or_tell, name, minute)

    def _fire_or_tell(self, name: str, slot: datetime) -> None:
        """Fire; a failure is told and must not stop the clock."""
        try:
            self._fire(name, slot)
        except (LocalRunError, BotoCoreError, ClientError) as error:
            print(f"The {name} tick of {slot:%H:%M} failed: {error}", file=sys.stderr)

    def schedule(self, name: str) -> Schedule:
        """The deployed schedule of an interval, or of the sweep."""
        found = self._scheduler.get_schedule(
            GroupName=self._outputs["ScheduleGroupName"],
            Name=self._outputs[f"{name.capitalize()}ScheduleName"],
        )
        return Schedule(
            target=found["Target"]["Arn"],
            input=found["Target"]["Input"],
            expression=found["ScheduleExpression"],
            time_zone=found.get("ScheduleExpressionTimezone", "UTC"),
        )

    def _new_slot(self) -> datetime:
        """Now, in whole seconds, but never a slot that was used before."""
        now = datetime.now(UTC).replace(microsecond=0)
        self._last_slot = max(now, self._last_slot + timedelta(seconds=1))
        return self._last_slot

    def _fire(self, name: str, slot: datetime) -> Any:
        """Invoke the target of a schedule for *slot*; gives what it answers."""
        schedule = self.schedule(name)
        payload = schedule.input.replace(_PLACEHOLDER, slot.strftime("%Y-%m-%dT%H:%M:%SZ"))
        answer = self._lambda.invoke(FunctionName=schedule.target, Payload=payload.encode())
        result: Any = json.loads(answer["Payload"].read())
        if "FunctionError" in answer:
            raise LocalRunError(f"The function of the {name} tick failed: {json.dumps(result)}")
        return result
