"""Bundles: what is in them, what is not, and that it is enough to run."""

import ast
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from infra.bundling import LAMBDA, ROOT, BundlingError, Target, bundle, find_python

HERE = Target(platform=None, python=f"{sys.version_info.major}.{sys.version_info.minor}")
HANDLERS = {
    "sync": "functions.sync.handler",
    "api": "functions.api.handler",
    "alerts": "functions.alerts.handler",
}
# Modules that must not get in by way of another package.
NEVER = {"pip", "setuptools", "aws_cdk", "moto", "pytest", "infra", "local", "tests"}


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("bundles")


def built(name: str, target: Target, folder: Path) -> Path:
    try:
        return bundle(name, target, folder)
    except BundlingError as error:
        if re.search(r"dns error|connect|timed out|unreachable|Could not connect", str(error)):
            pytest.skip("The package registry cannot be reached, so no bundle can be made.")
        raise


@pytest.mark.parametrize("name", HANDLERS)
def test_the_locked_packages_of_a_function_are_enough_to_import_it(name: str, folder: Path) -> None:
    bundled = built(name, HERE, folder)
    modules = [HANDLERS[name], *imported_late(name)]
    script = f"import sys; sys.path.insert(0, {str(bundled)!r}); import {', '.join(modules)}"

    # Without site-packages and without this folder: the bundle is all there is.
    result = subprocess.run(
        [sys.executable, "-I", "-S", "-c", script],
        capture_output=True,
        text=True,
        check=False,
        cwd=bundled,
        env={"PATH": os.environ["PATH"], "AWS_DEFAULT_REGION": "eu-central-1"},
    )
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("name", HANDLERS)
def test_the_clients_that_a_function_makes_find_their_models(name: str, folder: Path) -> None:
    bundled = built(name, HERE, folder)
    script = (
        f"import sys; sys.path.insert(0, {str(bundled)!r}); import boto3\n"
        "for service in ('dynamodb', 'sqs', 'sns', 'secretsmanager'):\n"
        "    boto3.client(service, region_name='eu-central-1')\n"
    )

    result = subprocess.run(
        [sys.executable, "-I", "-S", "-c", script], capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr


def test_a_bundle_for_lambda_holds_what_its_function_needs_and_nothing_else(folder: Path) -> None:
    bundled = built("alerts", LAMBDA, folder)
    top = {path.name for path in bundled.iterdir()}

    assert {"functions", "shared", "boto3", "pydantic"} <= top
    assert not top & ({"stripe", "aiohttp", "msgspec", "phonenumbers"} | NEVER)
    assert {path.name for path in (bundled / "functions").iterdir()} - {"__pycache__"} == {
        "__init__.py",
        "alerts",
    }
    assert {path.name for path in (bundled / "botocore" / "data").iterdir() if path.is_dir()} == {
        "dynamodb",
        "secretsmanager",
        "sns",
        "sqs",
    }
    assert not list(bundled.glob("*.dist-info"))
    assert megabytes(bundled) < 40


def test_native_code_is_for_lambdas_processors(folder: Path) -> None:
    libraries = list(built("alerts", LAMBDA, folder).rglob("*.so"))

    assert libraries
    assert all("cpython-313-aarch64-linux-gnu" in library.name for library in libraries)


def test_the_same_sources_give_the_same_bundle_and_others_another(
    folder: Path, tmp_path: Path
) -> None:
    first, second = built("alerts", LAMBDA, folder), built("alerts", LAMBDA, tmp_path)

    assert first.name == second.name
    assert contents(first) == contents(second)
    assert built("alerts", HERE, folder).name != first.name


@pytest.mark.skipif(find_python(LAMBDA.python) is None, reason="There is no Python 3.13 here.")
def test_byte_code_is_made_by_the_version_that_runs_it_and_never_checked(folder: Path) -> None:
    compiled = list(built("alerts", LAMBDA, folder).rglob("*.pyc"))

    assert compiled
    assert all(path.name.endswith(".cpython-313.pyc") for path in compiled)
    flags = {path.read_bytes()[4] for path in compiled}
    assert flags == {0b01}, "by hash, unchecked"


def test_where_there_is_no_such_python_the_bundle_goes_without_byte_code(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("infra.bundling.find_python", lambda _: None)

    bundled = built("alerts", LAMBDA, folder)

    assert not list(bundled.rglob("*.pyc"))
    if "without byte code" not in capsys.readouterr().err:
        assert find_python(LAMBDA.python) is None, "told only when the bundle is made"


def test_the_command_line_of_the_cdk_is_locked_without_addresses() -> None:
    lock = json.loads((ROOT / "infra" / "package-lock.json").read_text())
    package = json.loads((ROOT / "infra" / "package.json").read_text())

    locked = lock["packages"]["node_modules/aws-cdk"]
    assert locked["version"] == package["devDependencies"]["aws-cdk"]
    assert locked["integrity"].startswith("sha512-")
    assert all("resolved" not in entry for entry in lock["packages"].values())


def imported_late(name: str) -> list[str]:
    """Modules of ours that a function may import within a call, where an import test is blind."""
    trees = [ast.parse(path.read_text()) for path in (ROOT / "functions" / name).rglob("*.py")]
    nodes = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    return sorted({node.module for node in nodes if node.module and "shared." in node.module})


def megabytes(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix != ".pyc"
    }
