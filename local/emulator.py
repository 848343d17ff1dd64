"""The AWS emulator as a child process, and clients for it."""

import asyncio
import os
import secrets
import urllib.error
import urllib.request
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from local.child import Child, child_process, free_port
from local.failure import LocalRunError

REGION = "us-east-1"
ACCOUNT = "000000000000"
_ROOT = Path(__file__).resolve().parents[1]
_PYTHON = _ROOT / ".emulator" / "bin" / "python"
_START_SECONDS = 60.0
_CLIENT_CONFIG = Config(
    connect_timeout=5,
    read_timeout=960,  # longer than any function may run
    retries={"total_max_attempts": 1},
    max_pool_connections=32,
)


@dataclass(frozen=True, kw_only=True)
class Emulator:
    """A running emulator.

    Attributes:
        url: Its address, on the loopback interface.
        access_key: The account's root credentials; the functions get those of their own roles.
        secret_key: As above.
        child: Its process.
    """

    url: str
    access_key: str
    secret_key: str = field(repr=False)
    child: Child

    def client(self, service: str) -> Any:
        """A client with all rights, for deploying and looking around."""
        return boto3.session.Session().client(
            service,  # type: ignore[call-overload] # named at run time
            endpoint_url=self.url,
            region_name=REGION,
            aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret_key,
            config=_CLIENT_CONFIG,
        )


@asynccontextmanager
async def running_emulator(folder: Path) -> AsyncIterator[Emulator]:
    """Start an emulator whose files stay in *folder*; it forgets everything when it stops."""
    if not _PYTHON.exists():
        raise LocalRunError("The AWS emulator is not installed. Run `make setup` first.")
    port, secret_key = free_port(), secrets.token_hex(20)
    command: list[str | Path] = [_PYTHON, "-P", _ROOT / "local" / "emulator_start.py"]
    environment = _environment(folder, port, secret_key)
    log = folder / "emulator.log"
    async with child_process(
        command, environment=environment, log=log, name="AWS emulator"
    ) as child:
        emulator = Emulator(
            url=f"http://127.0.0.1:{port}",
            access_key=environment["AWS_ACCESS_KEY_ID"],
            secret_key=secret_key,
            child=child,
        )
        await wait_for_answer(f"{emulator.url}/_ministack/health", child)
        yield emulator


async def wait_for_answer(url: str, child: Child) -> None:
    """Wait until *url* answers anything at all, or *child* has ended."""
    async with asyncio.timeout(_START_SECONDS):
        while not await asyncio.to_thread(_answers, url):
            child.check_alive()
            await asyncio.sleep(0.05)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2):  # noqa: S310 - a loopback address of ours
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False


def _environment(folder: Path, port: int, secret_key: str) -> dict[str, str]:
    """Only what the emulator needs: what it gets, every function gets too."""
    passed_on = ("PATH", "LANG", "LC_ALL", "SSL_CERT_FILE", "SSL_CERT_DIR")
    return {
        **{name: os.environ[name] for name in passed_on if name in os.environ},
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_HOST": "127.0.0.1",
        "MINISTACK_REGION": REGION,
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "AWS_ACCESS_KEY_ID": "AKIALOCALRUN00000000",
        "AWS_SECRET_ACCESS_KEY": secret_key,
        # Requests are signed, and IAM policies decide: a missing grant shows here, not in AWS.
        "AUTH": "true",
        "LAMBDA_EXECUTOR": "local",
        "PYTHONDONTWRITEBYTECODE": "1",
        # Listeners on fixed ports would keep two runs from living side by side.
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
        "DOCKER_HOST": "unix:///nonexistent",
        "LOG_LEVEL": "INFO",
    }
