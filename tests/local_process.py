"""A local run as a process of its own, and a client of its API."""

import json
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3

from local.emulator import REGION

ROOT = Path(__file__).resolve().parents[1]
_STOP_SECONDS = 20


@dataclass(frozen=True)
class Api:
    """A client with one token.

    Attributes:
        pid: of the local run, where it is known.
    """

    url: str
    token: str
    pid: int = 0

    def call(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Send one request; gives status and decoded body."""
        request = urllib.request.Request(  # noqa: S310 - a loopback address of ours
            self.url + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:  # noqa: S310 - likewise
                return answer.status, json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.loads(error.read() or b"null")

    def ok(self, method: str, path: str, body: Any = None, *, status: int = 200) -> Any:
        """Send what must succeed, and give the body."""
        found, answer = self.call(method, path, body)
        assert found == status, (found, answer)
        return answer

    def refused(self, method: str, path: str, body: Any = None, *, status: int) -> Any:
        """Send what must be refused with a problem, and give it."""
        found, answer = self.call(method, path, body)
        assert found == status, (found, answer)
        assert answer["status"] == status
        return answer


@contextmanager
def running_local(*options: str) -> Iterator[Api]:
    """Run `python -m local` on a free port for as long as the block runs."""
    command = [sys.executable, "-m", "local", "--port", "0", *options]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        line = process.stdout.readline()
        if not line.startswith("READY "):
            process.kill()
            raise RuntimeError(f"the local run did not start:\n{process.stderr.read()}")
        ready = json.loads(line.removeprefix("READY "))
        try:
            yield Api(ready["url"], ready["token"], process.pid)
        finally:
            process.terminate()
            process.wait(_STOP_SECONDS)


def emulated(api: Api, service: str) -> Any:
    """Give a client with all rights of the emulator below a local run."""
    for pid in descendants(api.pid):
        if "emulator_start" in Path(f"/proc/{pid}/cmdline").read_text():
            variables = Path(f"/proc/{pid}/environ").read_text().rstrip("\0").split("\0")
            environment = dict(variable.split("=", 1) for variable in variables)
            return boto3.session.Session().client(
                service,  # type: ignore[call-overload] # named at run time
                endpoint_url=f"http://127.0.0.1:{environment['GATEWAY_PORT']}",
                region_name=REGION,
                aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
                aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
            )
    raise LookupError("There is no emulator below this process.")


def descendants(pid: int) -> set[int]:
    """Every process below *pid*, from what /proc says of parents."""
    parents: dict[int, int] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(path.parent.name)] = int(path.read_text().rpartition(")")[2].split()[1])
        except (FileNotFoundError, ProcessLookupError):
            continue
    found, last = {pid}, set[int]()
    while found != last:
        last = set(found)
        found |= {child for child, parent in parents.items() if parent in found}
    return found - {pid}
