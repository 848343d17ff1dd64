"""`python -m benchmarks [name ...]`: runs the measurements and prints one JSON object."""

import argparse
import json
import sys
from collections.abc import Callable
from typing import Any

from benchmarks import cold_start, computing, importing, reading

MEASUREMENTS: dict[str, Callable[[], dict[str, Any]]] = {
    "cold_start": cold_start.measure,
    "reading": reading.measure,
    "importing": importing.measure,
    "computing": computing.measure,
}


def main() -> None:
    """Run what was asked for, or everything."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=", ".join(MEASUREMENTS))
    names = parser.parse_args().names or list(MEASUREMENTS)
    unknown = [name for name in names if name not in MEASUREMENTS]
    if unknown:
        parser.error(f"there is no {unknown[0]}; there are {', '.join(MEASUREMENTS)}")
    found = {}
    for name in names:
        print(f"measuring {name} ...", file=sys.stderr, flush=True)
        found[name] = MEASUREMENTS[name]()
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
