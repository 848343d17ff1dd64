"""`python -m local.template FOLDER [SETTING ...]`: writes what the local run deploys into a folder.

Settings that are named are turned on.
"""

import argparse
import io
import json
import shutil
import zipfile
from collections.abc import Sequence
from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_

from infra.app import build_app
from infra.settings import settings_for
from local.sources import source_files

_ROOT = Path(__file__).resolve().parents[1]
_STACK = "StripeMetrics-local"


def write_template(folder: Path, turned_on: Sequence[str]) -> None:
    """Synthesize the local stage into *folder*, with the settings *turned_on*."""

    def code_for(name: str) -> lambda_.Code:
        path = folder / f"{name}.zip"
        path.write_bytes(_zipped(name))
        return lambda_.Code.from_asset(str(path))

    app = cdk.App(outdir=str(folder / "cdk.out"), analytics_reporting=False)
    build_app(settings_for("local", dict.fromkeys(turned_on, True)), code_for, app)
    assembly = Path(app.synth().directory)
    shutil.copy(assembly / f"{_STACK}.template.json", folder / "template.json")
    manifest = json.loads((assembly / f"{_STACK}.assets.json").read_text())
    assets = [
        {
            "file": str((assembly / file["source"]["path"]).relative_to(folder)),
            "bucket": destination["bucketName"],
            "key": destination["objectKey"],
        }
        for file in manifest["files"].values()
        for destination in file["destinations"].values()
        if file["source"]["path"].endswith(".zip")
    ]
    (folder / "assets.json").write_text(json.dumps(assets))


def _zipped(name: str) -> bytes:
    """The sources of function *name* under their package paths.

    Third-party packages come from the emulator's environment, which has builds for this machine;
    those of a real bundle are built for the processors of Lambda.
    """
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for top in ("functions/__init__.py", f"functions/{name}", "shared"):
            for path in source_files(_ROOT / top):
                archive.write(path, path.relative_to(_ROOT))
    return content.getvalue()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("setting", nargs="*")
    given = parser.parse_args()
    write_template(given.folder, given.setting)
