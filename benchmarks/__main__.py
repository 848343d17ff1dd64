"""Measures speed, requests, units and memory.

Prints JSON on stdout and a table on stderr, with progress: the figures in `rows`, each with its
target and the same by other means (the baseline) in the same run, and below `measured` all that was
found. Speed depends on the machine and on what else it does: the ratios count.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable
from typing import Any

from benchmarks import (
    alerting,
    api_routes,
    changes,
    cold_start,
    computing,
    dashboard,
    explaining,
    following,
    importing,
    memory,
    reading,
    scale,
)
from benchmarks.rows import LARGE, TINY, USUAL, Row, Sizes, table

Measurement = tuple[Callable[[Sizes], dict[str, Any]], Callable[[dict[str, Any]], list[Row]]]

MEASUREMENTS: dict[str, Measurement] = {
    module.__name__.rpartition(".")[2]: (module.measure, module.rows)
    for module in (
        cold_start,
        importing,
        reading,
        following,
        changes,
        computing,
        explaining,
        memory,
        scale,
        alerting,
        api_routes,
        dashboard,
    )
}


def run(names: list[str], sizes: Sizes) -> dict[str, Any]:
    """Run measurements; gives what is printed as JSON."""
    measured, found = {}, []
    for name in names:
        print(f"measuring {name} ...", end="", file=sys.stderr, flush=True)
        began = time.monotonic()
        measure, rows = MEASUREMENTS[name]
        measured[name] = measure(sizes)
        found += rows(measured[name])
        print(f" {time.monotonic() - began:.0f} s", file=sys.stderr)
    print(f"\n{table(found)}", file=sys.stderr)
    return {"rows": [row.as_dict() for row in found], "measured": measured}


def main() -> None:
    """Run what was asked for, or everything."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="*", metavar="name", help=", ".join(MEASUREMENTS))
    size = parser.add_mutually_exclusive_group()
    large = "up to 100,000 subscriptions imported, 1,000,000 in memory; some 15 minutes"
    size.add_argument("--large", action="store_const", dest="sizes", const=LARGE, help=large)
    tiny = "only to see that everything runs"
    size.add_argument("--tiny", action="store_const", dest="sizes", const=TINY, help=tiny)
    arguments = parser.parse_args()
    names = arguments.names or list(MEASUREMENTS)
    unknown = [name for name in names if name not in MEASUREMENTS]
    if unknown:
        parser.error(f"there is no {unknown[0]}; there are {', '.join(MEASUREMENTS)}")
    print(json.dumps(run(names, arguments.sizes or USUAL), indent=2))


if __name__ == "__main__":
    main()
