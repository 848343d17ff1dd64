"""`python -m local.template FOLDER`: writes what the local run deploys into a folder."""

import argparse
import io
import json
import shutil
import zipfile
from pathlib import Path

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_

from infra.app import build_app
from infra.settings import settings_for
from local.sources import source_files

_ROOT = Path(__file__).resolve().parents[1]
_STACK = "StripeMetrics-local"


def write_template(folder: Path, *, allow_restricted_keys: bool) -> None:
    """Synthesize the local stage into *folder*."""

    def code_for(name: str) -> lambda_.Code:
        path = folder / f"{name}.zip"
        path.write_bytes(_zipped(name))
        return lambda_.Code.from_asset(str(path))

    app = cdk.App(outdir=str(folder / "cdk.out"), analytics_reporting=False)
    settings = settings_for("local", {"allow_restricted_keys": allow_restricted_keys})
    build_app(settings, code_for, app)
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
    parser.add_argument("--allow-restricted-keys", action="store_true")
    given = parser.parse_args()
    write_template(given.folder, allow_restricted_keys=given.allow_restricted_keys)
