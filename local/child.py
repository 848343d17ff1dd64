"""Child processes that never outlive the local run, however it ends."""

import asyncio
import contextlib
import ctypes
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from local.failure import LocalRunError

_PR_SET_PDEATHSIG = 1
_STOP_SECONDS = 3.0
_LOG_LINES_SHOWN = 15
# Loaded here, as between fork and exec nothing but plain calls are safe.
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


@dataclass(frozen=True)
class Child:
    """A running child process.

    Attributes:
        name: What it is, for people.
        process: The process.
        log: Where its output goes.
    """

    name: str
    process: asyncio.subprocess.Process
    log: Path

    def check_alive(self) -> None:
        """Raise LocalRunError, with the end of its output, if the child has ended."""
        if self.process.returncode is not None:
            lines = self.log.read_text(errors="replace").splitlines()[-_LOG_LINES_SHOWN:]
            raise LocalRunError(
                f"The {self.name} ended with status {self.process.returncode}:\n" + "\n".join(lines)
            )


@asynccontextmanager
async def child_process(
    command: Sequence[str | Path], *, environment: Mapping[str, str], log: Path, name: str
) -> AsyncIterator[Child]:
    """Run *command* for the length of the block, then stop it and all that it started.

    It leads a process group of its own: Ctrl-C in the terminal reaches the local run alone, and the
    run can stop the child's children with it.
    """
    with log.open("ab") as log_file:
        process = await asyncio.create_subprocess_exec(
            *command,
            env=dict(environment),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=log_file,
            stderr=log_file,
            start_new_session=True,
            preexec_fn=_die_with_parent,
        )
    try:
        yield Child(name, process, log)
    finally:
        await _stop(process)


def passed_on_environment() -> dict[str, str]:
    """This process's environment without the key of a real account, which no child needs."""
    return {name: value for name, value in os.environ.items() if name != "STRIPE_KEY"}


def free_port() -> int:
    """A port on the loopback interface that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def _stop(process: asyncio.subprocess.Process) -> None:
    """Ask the whole group to end, then end what is left of it."""
    _signal_group(process.pid, signal.SIGTERM)
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(process.wait(), _STOP_SECONDS)
    # The group is there as long as any member is, also when its leader has ended.
    _signal_group(process.pid, signal.SIGKILL)
    await process.wait()


def _signal_group(group: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def _die_with_parent() -> None:
    """Have the kernel end this process when the local run is killed with no chance to clean up."""
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
