"""The source files of a folder."""

from collections.abc import Iterator
from pathlib import Path


def source_files(top: Path) -> Iterator[Path]:
    """The code under *top*, or *top* itself, in an order that never changes."""
    if top.is_file():
        yield top
    for path in sorted(top.rglob("*")):
        if path.is_file() and path.suffix in (".py", ".json") and "node_modules" not in path.parts:
            yield path
