"""Makes the code of a function: its packages from its lock file, its sources, nothing more.

No container is needed: uv installs the wheels built for Lambda's processors, whatever this machine
is. `docs/decisions/0004-bundles-without-containers.md` gives the reasons.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import aws_cdk as cdk
import uv
from aws_cdk import aws_lambda as lambda_

ROOT = Path(__file__).resolve().parents[1]
_BUNDLES = ROOT / "build" / "bundles"
PYTHON = "3.13"
# The API models that boto3 may open at run time; it ships with those of every service there is.
_AWS_SERVICES = frozenset({"dynamodb", "secretsmanager", "sns", "sqs"})
_DROPPED = (
    "*.dist-info",  # nothing here asks for its own version or entry points
    "bin",
    ".lock",
    "boto3/data",  # of boto3's resources; the project uses clients
    "boto3/examples",
    "stripe/params",  # types for checkers, half of the package
    "**/tests",
    "**/*.[ch]",
    "**/*.p[xy][di]",
    "**/*.pyx",
)


class BundlingError(Exception):
    """A bundle cannot be made; the text is what the tool said."""


@dataclass(frozen=True)
class Target:
    """The machine that a bundle is for; None is this one."""

    platform: str | None = "aarch64-manylinux_2_28"
    python: str = PYTHON


LAMBDA = Target()


def bundled_code(name: str) -> lambda_.Code:
    """The whole code of function *name*, for Lambda."""
    folder = bundle(name)
    return lambda_.Code.from_asset(
        str(folder),
        # Of what goes in, not of what comes out: byte code is not the same twice.
        asset_hash=folder.name,
        asset_hash_type=cdk.AssetHashType.CUSTOM,
    )


def source_code(name: str) -> lambda_.Code:
    """The sources of function *name* alone: for a template that nobody will deploy."""
    folder = ROOT / "build" / "sources" / name
    shutil.rmtree(folder, ignore_errors=True)
    _copy_sources(name, folder)
    return lambda_.Code.from_asset(str(folder))


def bundle(name: str, target: Target = LAMBDA, within: Path = _BUNDLES) -> Path:
    """The bundle of function *name*, in a folder named after what it is made of."""
    compiler = find_python(target.python)
    folder = within / f"{name}-{_digest(name, target, compiler)}"
    if folder.exists():
        return folder
    within.mkdir(parents=True, exist_ok=True)
    making = Path(tempfile.mkdtemp(prefix=f"{name}-making-", dir=within))
    try:
        _install(name, target, making)
        _drop(making)
        _copy_sources(name, making)
        _compile(making, compiler, target)
        making.rename(folder)
    finally:
        shutil.rmtree(making, ignore_errors=True)
    return folder


def find_python(minor: str) -> Path | None:
    """An interpreter of exactly this *minor* version on this machine, or None."""
    found = [sys.executable, shutil.which(f"python{minor}"), _found_by_uv(minor)]
    return next((Path(path) for path in found if path and _version(path) == minor), None)


def _found_by_uv(minor: str) -> str | None:
    result = _run([uv.find_uv_bin(), "python", "find", "--no-python-downloads", minor])
    return result.stdout.strip() if result.returncode == 0 else None


def _version(executable: str) -> str | None:
    # Asked, not read from the name: a version manager's stand-in may have nothing behind it.
    result = _run([executable, "-I", "-c", "import sys; print('%d.%d' % sys.version_info[:2])"])
    return result.stdout.strip() if result.returncode == 0 else None


def _run(command: Sequence[str | Path]) -> subprocess.CompletedProcess[str]:
    # Without VIRTUAL_ENV, as uv would look at that environment, which has nothing to say here.
    environment = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    return subprocess.run(  # noqa: S603 - commands of this module
        command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False
    )


def _run_or_fail(command: Sequence[str | Path]) -> None:
    result = _run(command)
    if result.returncode:
        raise BundlingError(f"{Path(command[0]).name} failed:\n{result.stdout}{result.stderr}")


def _digest(name: str, target: Target, compiler: Path | None) -> str:
    """A digest of everything that a bundle is made of."""
    digest = hashlib.sha256(f"{name} {target} {compiler is not None}".encode())
    for path in (Path(__file__), _lock_file(name), *_source_files(name)):
        digest.update(f"\0{path.relative_to(ROOT)}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:32]


def _lock_file(name: str) -> Path:
    return ROOT / "requirements" / f"{name}.txt"


def _source_files(name: str) -> Iterator[Path]:
    yield ROOT / "functions" / "__init__.py"
    for top in (ROOT / "functions" / name, ROOT / "shared"):
        yield from sorted(
            path
            for path in top.rglob("*")
            if path.is_file() and "__pycache__" not in path.parts and not path.name.startswith(".")
        )


def _install(name: str, target: Target, folder: Path) -> None:
    platform = ["--python-platform", target.platform] if target.platform else []
    command: list[str | Path] = [
        uv.find_uv_bin(), "pip", "install", "--quiet", "--target", folder, *platform,
        "--python-version", target.python, "--only-binary", ":all:", "--no-deps",
        "--require-hashes", "--link-mode=copy", "-r", _lock_file(name),
    ]  # fmt: skip
    _run_or_fail(command)


def _drop(folder: Path) -> None:
    """Remove what no function reads."""
    for pattern in _DROPPED:
        for path in list(folder.glob(pattern)):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    for path in (folder / "botocore" / "data").iterdir():
        if path.is_dir() and path.name not in _AWS_SERVICES:
            shutil.rmtree(path)


def _copy_sources(name: str, folder: Path) -> None:
    for path in _source_files(name):
        copy = folder / path.relative_to(ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)


def _compile(folder: Path, compiler: Path | None, target: Target) -> None:
    """Add byte code, which a cold start would otherwise make each time anew and throw away.

    Only an interpreter of the target's own version can make it. `unchecked-hash`, because the dates
    of files in a bundle mean nothing.
    """
    if compiler is None:
        print(  # noqa: T201 - told to whoever deploys
            f"No Python {target.python} here: the bundle goes without byte code, and a cold start "
            "imports three times as long. "
            f"`.venv/bin/uv python install {target.python}` brings one.",
            file=sys.stderr,
        )
        return
    command: list[str | Path] = [
        compiler, "-I", "-m", "compileall", "-q", "-j", "0",
        "--invalidation-mode", "unchecked-hash", "-s", folder, "-p", "/var/task", folder,
    ]  # fmt: skip
    _run_or_fail(command)
