"""The arithmetic of accounts from 1,000 to 10 million subscriptions, and of the monthly bill.

`python -m benchmarks.arithmetic` prints the tables of docs/architecture.md and docs/operations.md.
Nothing is measured here: what was measured, and by which measurement, stands in `Measured`.
"""

import math
from dataclasses import dataclass
from typing import Any

from benchmarks.rows import Row, Sizes

SIZES = (1_000, 10_000, 100_000, 1_000_000, 10_000_000)
TICKS = 730
_WEEKS = 30.4 / 7
_PAGE = 100
_MONTHS_KEPT = 13
_PER_ENDPOINT, _IN_TEST = 25, 25
_IMPORT_SHARE, _QUIET_SHARE = 0.95, 0.5
_CONTINUATION_MINUTES = (15 * 60 - 45) / 60
_GB = 2.0
_BYTES = 1e9


@dataclass(frozen=True, slots=True)
class Shape:
    """What an account holds for each subscription: a busy one, all alive and billed each month.

    Attributes:
        customers: who have it.
        balance: transactions of 13 months: 13 charges, and one for what came back or was paid out.
        invoices: of 13 months and 93 days.
        events: of 30 days, of the kinds that are read: a renewal and one and a half changes.
        changes: how often a month its customer has to be read again; a renewal is one.
    """

    customers: float = 1.0
    balance: float = 14
    invoices: float = 16
    events: float = 2.5
    changes: float = 2.5


@dataclass(frozen=True, slots=True)
class Measured:
    """What the other measurements found.

    Attributes:
        import_cpu_ms: of 1,000 objects that lists gave, from there to records (`following`).
        import_writes, import_reads: units of 1,000 objects (`following`).
        stored_bytes: in the ledger, of one object that lists gave (`following`).
        value_bytes: in the metrics table, of one value in history (`following`).
        tick_writes, metric_writes: units of a quiet tick, and of each metric due (`following`).
        tick_reads, tick_reads_more: units of a quiet tick, and of each 1,000 subscriptions more.
        tick_cpu, tick_cpu_more: seconds, likewise.
        change_requests, change_writes, change_reads: of one customer who changed (`following`).
        memory, memory_more: MB of a process, and of each 1,000 subscriptions loaded (`memory`).
        money: MB more of each 1,000 balance transactions that are loaded (`memory`).
        alert_writes, alert_reads: units of an alert for each value that it sees (`alerting`).
    """

    import_cpu_ms: float = 109
    import_writes: float = 300
    import_reads: float = 62
    stored_bytes: float = 95
    value_bytes: float = 490
    tick_writes: float = 6
    metric_writes: float = 3
    tick_reads: float = 50
    tick_reads_more: float = 26
    tick_cpu: float = 0.02
    tick_cpu_more: float = 0.02
    change_requests: float = 1.3
    change_writes: float = 12
    change_reads: float = 10
    memory: float = 95
    memory_more: float = 1.0
    money: float = 0.45
    alert_writes: float = 1
    alert_reads: float = 4


@dataclass(frozen=True, slots=True)
class Prices:
    """US dollars, us-east-1, without free tiers; the functions run on ARM."""

    million_writes: float = 0.625
    million_reads: float = 0.125
    gb_stored: float = 0.25
    gb_recoverable: float = 0.20
    gb_second: float = 1.33334e-5
    million_invocations: float = 0.20
    million_fifo_calls: float = 0.50
    million_api_calls: float = 1.00
    secret: float = 0.40
    ten_thousand_secret_calls: float = 0.05
    alarm: float = 0.10
    gb_logged: float = 0.50


@dataclass(frozen=True, slots=True)
class Use:
    """What is not counted by a measurement, of one month; chosen on the high side.

    Attributes:
        init_seconds: of a cold start; one integration is always cold, of a thousand none is.
        wait_seconds: of a tick for Stripe and the tables.
        polls: calls of the queue: five pollers, each every 20 seconds.
        alarms: of CloudWatch.
        api_calls: of people who look at the dashboard, for each integration.
        log_bytes: of each tick, of all functions.
        past_values: in history, of each metric: a year of hours, and the past.
        sweeps: of the alerts' schedule: every five minutes.
        sweep_reads: units of each sweep for each integration: its status, and what was told of it.
        watch_reads: units of the look at an ended sync; its alerts are read once more.
    """

    init_seconds: float = 1.5
    wait_seconds: float = 0.9
    polls: float = 5 * 3 * 60 * TICKS
    alarms: int = 10
    api_calls: float = 1_000
    log_bytes: float = 3_000
    past_values: float = 12 * TICKS + 135
    sweeps: float = 12 * TICKS
    sweep_reads: float = 2.5
    watch_reads: float = 12


SHAPE, MEASURED, PRICES, USE = Shape(), Measured(), Prices(), Use()
# That are due each hour: one of each type, or as many as most people look at.
METRICS = (8, 3)
BILLED = (1, 1_000)
_TARGETS = {"1": "<= 3", "1,000": "<= 450"}


def measure(_: Sizes) -> dict[str, Any]:
    """Give both tables."""
    return {
        "accounts": {f"{size:,d}": account(size) for size in SIZES},
        "bills": {f"{count:,d}": {str(it): bill(count, it) for it in METRICS} for count in BILLED},
    }


def rows(found: dict[str, Any]) -> list[Row]:
    """Give the bills, against reading each account anew every hour."""
    anew = account(1_000)["import_dollars"] * TICKS
    return [
        Row(
            f"monthly bill, {count} x 1,000 subscriptions, {metrics} metrics hourly: $",
            lines["total"],
            _TARGETS[count],
            round(int(count.replace(",", "")) * anew, 2),
            "imports each hour",
        )
        for count, bills in found["bills"].items()
        for metrics, lines in bills.items()
    ]


def account(size: int, metrics: int = METRICS[0]) -> dict[str, float]:
    """Give what it takes to import an account, and to follow it for a month."""
    pages = _pages(size)
    return {
        **{f"pages_of_{name}": count for name, count in pages.items()},
        **_import(size, pages),
        **_month(size, pages, metrics),
    }


def _pages(size: int) -> dict[str, int]:
    each = {
        "subscriptions": 1.0,
        "customers": SHAPE.customers,
        "balance": SHAPE.balance,
        "invoices": SHAPE.invoices,
        "events": SHAPE.events,
    }
    return {name: math.ceil(size * count / _PAGE) for name, count in each.items()}


def _import(size: int, pages: dict[str, int]) -> dict[str, float]:
    per_second = _PER_ENDPOINT * _IMPORT_SHARE
    first = max(pages["subscriptions"], pages["customers"]) / per_second
    live = first + max(pages["balance"], pages["invoices"]) / per_second
    test = sum(pages.values()) / (_IN_TEST * _IMPORT_SHARE)
    thousands = sum(pages.values()) * _PAGE / 1_000
    writes, reads = thousands * MEASURED.import_writes, thousands * MEASURED.import_reads
    return {
        "current_mrr_after_minutes": first / 60,
        "minutes_live": live / 60,
        "minutes_test": test / 60,
        "continuations": math.ceil(live / 60 / _CONTINUATION_MINUTES) - 1,
        "cpu_minutes": thousands * MEASURED.import_cpu_ms / 60_000,
        "import_write_units": writes,
        "import_read_units": reads,
        "import_dollars": _units(writes, reads) + live * _GB * PRICES.gb_second,
        "gb_stored": size * _objects_each() * MEASURED.stored_bytes / _BYTES,
    }


def _month(size: int, pages: dict[str, int], metrics: int) -> dict[str, float]:
    thousands, changes = size / 1_000, size * SHAPE.changes
    check = _WEEKS * (pages["subscriptions"] + pages["customers"])
    asked = changes * MEASURED.change_requests
    requests = 2 * TICKS + check + asked
    tick_reads = MEASURED.tick_reads + thousands * MEASURED.tick_reads_more
    reads = TICKS * tick_reads + changes * MEASURED.change_reads
    tick_writes = MEASURED.tick_writes + metrics * MEASURED.metric_writes
    writes = TICKS * tick_writes + changes * MEASURED.change_writes
    waiting = asked / (_PER_ENDPOINT * _QUIET_SHARE) / TICKS
    seconds = USE.wait_seconds + _tick_cpu(size) + waiting
    checked = check / 2 / (_PER_ENDPOINT * _QUIET_SHARE)
    gb_seconds = (TICKS * seconds + checked) * _GB
    stored = size * _objects_each() * MEASURED.stored_bytes / _BYTES
    storing = stored * (PRICES.gb_stored + PRICES.gb_recoverable)
    return {
        "month_requests": requests,
        "tick_minutes": seconds / 60,
        "month_write_units": writes,
        "month_read_units": reads,
        "month_gb_seconds": gb_seconds,
        "month_dollars": _units(writes, reads) + storing + gb_seconds * PRICES.gb_second,
        "tick_gb": _memory(thousands, months=1) / 1_000,
        "past_gb": _memory(thousands, months=_MONTHS_KEPT) / 1_000,
    }


def _memory(thousands: float, *, months: int) -> float:
    """Give the MB of a process that has loaded all records, and the money of some months."""
    money = SHAPE.balance * months / _MONTHS_KEPT * MEASURED.money
    return MEASURED.memory + thousands * (MEASURED.memory_more + money)


def _objects_each() -> float:
    return 1 + SHAPE.customers + SHAPE.balance + SHAPE.invoices + SHAPE.events


def _tick_cpu(size: int) -> float:
    return MEASURED.tick_cpu + size / 1_000 * MEASURED.tick_cpu_more


def _units(writes: float, reads: float) -> float:
    return (writes * PRICES.million_writes + reads * PRICES.million_reads) / 1e6


def bill(count: int, metrics: int, size: int = 1_000) -> dict[str, float]:
    """Give the dollars of a month, line by line, of so many integrations refreshed hourly."""
    month, ticks = account(size, metrics), count * TICKS
    seconds = ticks * (USE.wait_seconds + _tick_cpu(size) + (USE.init_seconds if count == 1 else 0))
    asked = count * size * SHAPE.changes * MEASURED.change_requests
    gb_seconds = (seconds + asked / (_PER_ENDPOINT * _QUIET_SHARE)) * _GB
    # The alerts function is called for each tick's values and for its end, with 512 MB; each metric
    # has one alert.
    alert_seconds = ticks * (0.4 + (USE.init_seconds if count == 1 else 0)) * 0.5
    sweep_seconds = USE.sweeps * (0.2 + count / 1_000) * 0.5
    alert_reads = ticks * (2 * metrics * MEASURED.alert_reads + USE.watch_reads)
    alert_writes = ticks * (metrics * MEASURED.alert_writes + 1)
    values = count * metrics * USE.past_values * MEASURED.value_bytes / _BYTES
    stored = count * month["gb_stored"] + values
    lines = {
        "DynamoDB writes": _units(count * month["month_write_units"] + alert_writes, 0),
        "DynamoDB reads": _units(
            0,
            count * (month["month_read_units"] + USE.sweeps * USE.sweep_reads) + alert_reads,
        ),
        "DynamoDB storage": stored * (PRICES.gb_stored + PRICES.gb_recoverable),
        "Lambda GB-seconds": (gb_seconds + alert_seconds + sweep_seconds) * PRICES.gb_second,
        "Lambda calls": (3 * ticks + TICKS + USE.sweeps) * PRICES.million_invocations / 1e6,
        "SQS": (USE.polls + 3 * ticks) * PRICES.million_fifo_calls / 1e6,
        "secrets": count * PRICES.secret + ticks / 1e4 * PRICES.ten_thousand_secret_calls,
        "alarms": USE.alarms * PRICES.alarm,
        "API": count * USE.api_calls * PRICES.million_api_calls / 1e6,
        "logs": ticks * USE.log_bytes / _BYTES * PRICES.gb_logged,
    }
    return {
        **{name: round(it, 3) for name, it in lines.items()},
        "total": round(sum(lines.values()), 2),
    }
