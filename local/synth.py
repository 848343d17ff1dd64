"""The template and the sources that the local run deploys, made once and kept until they change.

They are made in a process of its own, so that the local run never loads the CDK, nor its node.
"""

import contextlib
import hashlib
import json
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from infra.node_runtime import NODE
from local.child import child_process, passed_on_environment
from local.sources import source_files

_ROOT = Path(__file__).resolve().parents[1]
_CACHE = _ROOT / "build" / "local"
_KEPT = 4
_IN_USE_SECONDS = 3600.0


@dataclass(frozen=True)
class Asset:
    """One file that the template expects in a bucket."""

    bucket: str
    key: str
    content: bytes


@dataclass(frozen=True)
class Synthesis:
    """What is to be deployed: the template and the zipped sources of the functions."""

    template: dict[str, Any]
    assets: list[Asset]


async def synthesize(**settings: bool) -> Synthesis:
    """The synthesis of the sources as they are now, with those *settings* turned on that are true.

    They are names of `infra.settings`.
    """
    turned_on = sorted(name for name, value in settings.items() if value)
    while True:
        key = _key(turned_on)
        folder = _CACHE / key
        if not (folder / "assets.json").exists():
            await _make(folder, turned_on)
        # Sources edited in the meantime must not be kept under the key of the old ones.
        if key == _key(turned_on):
            return _read(folder)
        shutil.rmtree(folder, ignore_errors=True)


async def _make(folder: Path, turned_on: list[str]) -> None:
    _CACHE.mkdir(parents=True, exist_ok=True)
    _prune()
    made = Path(tempfile.mkdtemp(prefix="making-", dir=_CACHE))
    log = made / "log"
    environment = {
        **passed_on_environment(),
        "CDK_VALIDATION": "false",  # `make synth` validates; it would double the time here
        "JSII_NODE": str(NODE),
        "PYTHONPATH": str(_ROOT),
    }
    try:
        async with child_process(
            [sys.executable, "-m", "local.template", made, *turned_on],
            environment=environment,
            log=log,
            name="synthesis of the stack",
        ) as child:
            if await child.process.wait():
                child.check_alive()
        _keep(made, folder)
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _keep(made: Path, folder: Path) -> None:
    # Another run may have been quicker; either result is the same.
    with contextlib.suppress(OSError):
        made.rename(folder)


def _prune() -> None:
    """Keep the newest few; older ones belong to sources that are gone."""
    newest_first = sorted(_CACHE.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in newest_first[_KEPT:]:
        if path.stat().st_mtime < time.time() - _IN_USE_SECONDS:
            shutil.rmtree(path, ignore_errors=True)


def _read(folder: Path) -> Synthesis:
    assets = json.loads((folder / "assets.json").read_text())
    return Synthesis(
        template=json.loads((folder / "template.json").read_text()),
        assets=[
            Asset(asset["bucket"], asset["key"], (folder / asset["file"]).read_bytes())
            for asset in assets
        ],
    )


def _key(turned_on: list[str]) -> str:
    """A digest of all that the result depends on."""
    digest = hashlib.sha256()
    for name in ("aws-cdk-lib", "constructs"):
        digest.update(f"{name}=={version(name)}\0".encode())
    digest.update(f"{sys.version_info[:2]} {_ROOT} {turned_on}\0".encode())
    for top in ("infra", "functions", "shared", "local/template.py"):
        for path in source_files(_ROOT / top):
            digest.update(f"{path.relative_to(_ROOT)}\0".encode())
            digest.update(path.read_bytes() + b"\0")
    return digest.hexdigest()[:24]
