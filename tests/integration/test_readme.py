"""The README's walk is run as it stands there."""

import json
import re
import shutil
import subprocess

import pytest

from local.stripe_sandbox.keys import SECRET_KEY
from tests.local_process import ROOT, running_local

pytestmark = pytest.mark.emulator


def the_walk() -> str:
    readme = (ROOT / "README.md").read_text()
    blocks = re.findall(r"```sh\n(.*?)```", readme, re.DOTALL)
    (walk,) = [block for block in blocks if "API=" in block]
    return walk


def test_the_walk_through_the_readme_ends_with_a_message():
    if shutil.which("curl") is None:
        pytest.skip("There is no curl here.")
    walk = the_walk()
    assert SECRET_KEY in walk
    with running_local("--no-schedule", "--empty") as api:
        walk = re.sub(r"^API=.*$", f"API={api.url}", walk, flags=re.MULTILINE)
        walk = re.sub(r"^TOKEN=.*$", f"TOKEN={api.token}", walk, flags=re.MULTILINE)
        result = subprocess.run(
            ["sh", "-eu"], input=walk, cwd=ROOT, capture_output=True, text=True, check=False
        )
    assert result.returncode == 0, result.stderr
    assert not result.stderr
    answers = [line for line in result.stdout.splitlines() if line.startswith("{")]
    (message,) = json.loads(answers[-1])["data"]
    assert message["endpoint"] == "team@example.com"
    assert "[Good news] MRR above $" in message["subject"]
