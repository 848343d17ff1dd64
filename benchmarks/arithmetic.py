"""`python -m benchmarks.arithmetic` prints the tables of docs/architecture.md and operations.md."""

from collections.abc import Iterator

from benchmarks.scale import BILLED, METRICS, SIZES, account, bill

_LABELS = {
    "pages_of_subscriptions": "pages of subscriptions",
    "pages_of_customers": "of customers",
    "pages_of_balance": "of balance transactions",
    "pages_of_invoices": "of invoices",
    "pages_of_events": "of events",
    "current_mrr_after_minutes": "minutes to current MRR, live key",
    "minutes_live": "to the whole import, live key",
    "minutes_test": "to the whole import, test key",
    "continuations": "continuations, live key",
    "cpu_minutes": "CPU minutes",
    "import_write_units": "write units",
    "import_read_units": "read units",
    "import_dollars": "dollars of the import",
    "gb_stored": "GB stored",
    "month_requests": "requests a month",
    "tick_minutes": "minutes of an hourly sync",
    "month_write_units": "write units a month",
    "month_read_units": "read units a month",
    "month_gb_seconds": "GB-seconds a month",
    "month_dollars": "dollars a month, without a secret",
    "tick_gb": "GB of memory, hourly sync",
    "past_gb": "GB of memory, end of the import",
}


def accounts() -> Iterator[str]:
    """Yield the lines of the table of accounts by their size."""
    found = [account(size) for size in SIZES]
    yield from _head(["subscriptions", *(f"{size:,d}" for size in SIZES)])
    for name, label in _LABELS.items():
        yield _line([label, *(_shown(each[name]) for each in found)])


def bills() -> Iterator[str]:
    """Yield the lines of the table of monthly bills."""
    found = {(count, metrics): bill(count, metrics) for metrics in METRICS for count in BILLED}
    yield from _head(["dollars a month", *(f"{count:,d} x {it} metrics" for count, it in found)])
    for name in next(iter(found.values())):
        yield _line([name, *(f"{each[name]:,.2f}" for each in found.values())])


def _head(cells: list[str]) -> Iterator[str]:
    yield _line(cells)
    yield "|---" * len(cells) + "|"


def _line(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _shown(value: float) -> str:
    """Return a number with two or three digits that count."""
    if value >= 100:  # noqa: PLR2004 - three digits
        digits = max(0, len(str(int(value))) - 3)
        return f"{round(value, -digits):,.0f}"
    return f"{value:.2g}" if value else "0"


if __name__ == "__main__":
    print(*accounts(), "", *bills(), sep="\n")
