"""The local run as a process: how it starts, and that it leaves nothing behind."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.local_process import ROOT, descendants, running_local

pytestmark = pytest.mark.emulator

Process = subprocess.Popen[str]


@contextmanager
def started(*options: str, **environment: str) -> Iterator[Process]:
    """The local run on a free port, not waited for; killed at the end if it is still there."""
    process = subprocess.Popen(
        [sys.executable, "-m", "local", "--port", "0", "--empty", "--no-schedule", *options],
        cwd=ROOT,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def run(*options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "local", *options],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def ready(process: Process) -> Any:
    assert process.stdout is not None
    return json.loads(process.stdout.readline().removeprefix("READY "))


def alive(pids: set[int]) -> set[int]:
    return {pid for pid in pids if _state(pid) not in (None, "Z")}


def _state(pid: int) -> str | None:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return None


def eventually(condition: Callable[[], bool], seconds: float = 10) -> bool:
    until = time.monotonic() + seconds
    while not condition() and time.monotonic() < until:
        time.sleep(0.05)
    return condition()


def test_the_ready_line_says_where_and_with_what() -> None:
    with started("--token", "chosen") as process:
        line = ready(process)

        assert set(line) == {"url", "token", "stripe_api"}
        assert line["token"] == "chosen"
        with urllib.request.urlopen(f"{line['url']}/health") as answer:  # noqa: S310 - a loopback address
            assert answer.status == 200
        process.terminate()
        rest, told = process.communicate(timeout=20)
    assert rest == ""
    assert f"{line['url']}/#token=chosen" in told
    assert "gone when you stop" in told


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_all_that_was_started(number: signal.Signals) -> None:
    with started() as process:
        ready(process)
        below = descendants(process.pid)
        assert len(below) >= 3, "emulator, a function's process, sandbox"

        process.send_signal(number)
        process.send_signal(number)  # an impatient person
        assert process.wait(20) == 0
    assert eventually(lambda: not alive(below), 2)


@pytest.mark.parametrize("after_seconds", [0.05, 0.6, 1.0, 1.5, 2.2])
def test_a_start_that_is_interrupted_leaves_nothing_behind(after_seconds: float) -> None:
    with started() as process:
        time.sleep(after_seconds)
        below = descendants(process.pid)
        process.terminate()
        _, told = process.communicate(timeout=20)
        assert process.returncode in (0, -signal.SIGTERM)
    assert "Traceback" not in told
    assert eventually(lambda: not alive(below), 2)


@pytest.mark.skipif(sys.platform != "linux", reason="The kernel of Linux alone offers this.")
def test_a_run_that_is_killed_takes_its_processes_with_it(tmp_path: Path) -> None:
    with started(TMPDIR=str(tmp_path)) as process:
        ready(process)
        below = descendants(process.pid)
        process.kill()
        process.wait(20)
    assert eventually(lambda: not alive(below))


def test_two_runs_live_side_by_side() -> None:
    with running_local("--empty", "--no-schedule") as one:
        with running_local("--empty", "--no-schedule") as two:
            assert one.url != two.url
            assert one.token != two.token
            assert two.ok("GET", "/v1/integrations")["data"] == []
            assert two.call("GET", "/v1/integrations")[0] == 200
        one.ok("GET", "/v1/integrations")


def test_a_taken_port_is_told_in_words() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        result = run("--port", str(taken.getsockname()[1]))

    assert result.returncode == 1
    assert "is taken" in result.stderr
    assert "--port" in result.stderr
    assert "Traceback" not in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize(
    "options",
    [
        ["--port", "70000"],
        ["--port", "x"],
        ["--stripe-api", "stripe.com"],
        ["--token", "a b"],
        ["--tok", "a"],
        ["surplus"],
    ],
)
def test_options_that_make_no_sense_are_refused(options: list[str]) -> None:
    result = run(*options)

    assert result.returncode == 2
    assert "usage: python -m local" in result.stderr


def test_help_names_every_option_and_the_key_of_a_real_account() -> None:
    result = run("--help")

    assert result.returncode == 0
    for word in (
        "--port", "--stripe-api", "--empty", "--no-schedule", "--token", "--allow-restricted-keys",
        "STRIPE_KEY", "READY",
    ):  # fmt: skip
        assert word in result.stdout


def test_the_key_of_a_real_account_stays_in_the_process_that_was_given_it() -> None:
    key = "sk_test_0CanaryOfTheTest"
    with started("--stripe-api", "http://127.0.0.1:9", STRIPE_KEY=key) as process:
        ready(process)
        for pid in descendants(process.pid):
            assert key.encode() not in Path(f"/proc/{pid}/environ").read_bytes()
            assert key.encode() not in Path(f"/proc/{pid}/cmdline").read_bytes()
        process.terminate()
        rest, told = process.communicate(timeout=20)
    assert key not in rest + told
