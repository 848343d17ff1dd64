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

ROOT = Path(__file__).resolve().parents[1]
_STOP_SECONDS = 20


@dataclass(frozen=True)
class Api:
    """A client with one token."""

    url: str
    token: str

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
            yield Api(ready["url"], ready["token"])
        finally:
            process.terminate()
            process.wait(_STOP_SECONDS)
