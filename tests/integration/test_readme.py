"""What the README and the page of examples show is run as it stands there."""

import json
import re
import shutil
import subprocess

import pytest

from functions.api.handler import OPERATIONS
from local.stripe_sandbox.keys import SECRET_KEY
from tests.local_process import ROOT, running_local

pytestmark = pytest.mark.emulator


def the_walk() -> str:
    readme = (ROOT / "README.md").read_text()
    blocks = re.findall(r"```sh\n(.*?)```", readme, re.DOTALL)
    (walk,) = [block for block in blocks if "API=" in block]
    return walk


def run(commands: str) -> list[str]:
    """Run what a page shows against a local run with nothing configured; gives what it prints."""
    if shutil.which("curl") is None:
        pytest.skip("There is no curl here.")
    assert SECRET_KEY in commands
    with running_local("--no-schedule", "--empty") as api:
        commands = re.sub(r"^API=.*$", f"API={api.url}", commands, flags=re.MULTILINE)
        commands = re.sub(r"^TOKEN=.*$", f"TOKEN={api.token}", commands, flags=re.MULTILINE)
        result = subprocess.run(
            ["sh", "-eu"], input=commands, cwd=ROOT, capture_output=True, text=True, check=False
        )
    assert result.returncode == 0, result.stdout[-2_000:] + result.stderr
    assert not result.stderr
    return result.stdout.splitlines()


def test_the_walk_through_the_readme_ends_with_a_message_and_the_reason():
    answers = [line for line in run(the_walk()) if line.startswith("{")]
    outbox, explanation = (json.loads(line) for line in answers[-2:])
    (message,) = outbox["data"]
    assert message["endpoint"] == "team@example.com"
    assert "[Good news] MRR above $" in message["subject"]
    assert sum(it["value"] for it in explanation["parts"]) == pytest.approx(explanation["value"])
    assert explanation["comparison"]["causes"]


def test_the_examples_of_the_api_do_what_the_page_says():
    page = (ROOT / "docs" / "api.md").read_text()
    lines = run("\n".join(re.findall(r"```sh\n(.*?)```", page, re.DOTALL)))
    answers = [json.loads(line) for line in lines if line.startswith("{") and "'" not in line]
    problems = [answer["code"] for answer in answers if "retryable" in answer]
    assert problems == ["validation_failed"]
    once = [answer for answer in answers if answer.get("name") == "1,000 customers"]
    assert len(once) == 2
    assert once[0] == once[1]
    assert [line for line in lines if line in {"200", "412"}] == ["200", "412"]
    assert answers[-1] == {"data": [], "next_cursor": None}


def test_every_route_is_on_the_page_of_examples():
    page = (ROOT / "docs" / "api.md").read_text()
    shown = re.findall(r"call (GET|POST|PATCH|PUT|DELETE) \"?(/v1/[^\s\"?]+)", page)
    paths = {(method, re.sub(r"\$[A-Z]+", "<id>", path)) for method, path in shown}
    routes = {(it.method, re.sub(r"{\w+}", "<id>", it.path)) for it in OPERATIONS}
    # Each of these is like another one that is shown.
    alike = {
        ("GET", "/v1/alerts"),
        ("GET", "/v1/alerts/<id>"),
        ("GET", "/v1/goals"),
        ("GET", "/v1/integrations/<id>/metrics"),
        ("GET", "/v1/notifications"),
        ("DELETE", "/v1/channels/<id>"),
        ("POST", "/v1/channels/<id>/test"),
        ("DELETE", "/v1/goals/<id>/metrics/<id>"),
    }
    assert paths | alike == routes
    assert not paths & alike
