"""The rules of the house that no other tool checks."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from shared import __version__

ROOT = Path(__file__).resolve().parents[2]
TOP_LEVEL = {
    ".ci",
    "benchmarks",
    "docs",
    "functions",
    "infra",
    "local",
    "requirements",
    "shared",
    "tests",
    "web",
}


def tracked_files() -> list[Path]:
    if shutil.which("git") is None:
        pytest.skip("There is no git here.")
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if listed.returncode != 0:
        pytest.skip("This is no git checkout.")
    return [ROOT / line for line in listed.stdout.splitlines() if (ROOT / line).is_file()]


def test_import_rules_hold():
    result = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout


def test_the_version_is_the_same_everywhere():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert project["project"]["version"] == __version__


def test_no_top_level_folder_stands_unexplained():
    folders = {path.relative_to(ROOT).parts[0] for path in tracked_files() if path.parent != ROOT}
    assert folders <= TOP_LEVEL


def test_no_lock_file_holds_an_address():
    for path in [*ROOT.glob("requirements/*.txt"), *ROOT.glob("*/package-lock.json")]:
        assert not re.search(
            r"https?://\S+\.(whl|tgz|tar\.gz)|--(extra-)?index-url", path.read_text()
        )
        assert '"resolved"' not in path.read_text()


def test_every_locked_package_has_a_hash():
    for path in ROOT.glob("requirements/*.txt"):
        blocks = re.split(r"\n(?=\S)", path.read_text().strip())
        packages = [block for block in blocks if not block.startswith("#")]
        assert packages
        assert all("--hash=sha256:" in block for block in packages), path


def test_nothing_that_looks_like_a_live_key_is_kept():
    pattern = re.compile(rb"[sr]k_live_[A-Za-z0-9]{16,}")
    found = [path for path in tracked_files() if pattern.search(path.read_bytes())]
    assert found == []
