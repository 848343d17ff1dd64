"""The tables of the documents are those that the benchmarks reckon."""

from pathlib import Path

from benchmarks.arithmetic import accounts, bills

DOCS = Path(__file__).resolve().parents[2] / "docs"


def test_the_documents_show_what_is_reckoned_now():
    """Where it fails: `python -m benchmarks.arithmetic` prints both tables."""
    for name, table in (("architecture", accounts()), ("operations", bills())):
        assert "\n".join(table) in (DOCS / f"{name}.md").read_text(encoding="utf-8")
