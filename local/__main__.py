"""`python -m local`: runs the whole system on this machine until it is told to stop."""

import asyncio
import os
import signal
import sys
from types import FrameType

from local.failure import LocalRunError
from local.options import Options, read_options

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def main() -> int:
    """Run until stopped; the exit status is 0 after a stop by signal, 1 after a failure."""
    options = read_options(sys.argv[1:], os.environ)
    for number in _SIGNALS:
        signal.signal(number, _leave)  # until there is something to clean up
    try:
        asyncio.run(_until_signalled(options))
    except asyncio.CancelledError:
        print("Stopped.", file=sys.stderr)
    except LocalRunError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


async def _until_signalled(options: Options) -> None:
    """Run, and turn SIGINT and SIGTERM into an orderly end at any moment."""
    from local.run import run  # noqa: PLC0415 - takes a while, which --help should not

    running = asyncio.current_task()
    assert running is not None  # noqa: S101 - narrows for mypy
    loop = asyncio.get_running_loop()
    stopping = False

    def stop() -> None:
        # Only once: an impatient second Ctrl-C would cut the cleaning up short.
        nonlocal stopping
        if not stopping:
            stopping = True
            running.cancel()

    for number in _SIGNALS:
        loop.add_signal_handler(number, stop)
    await run(options)


def _leave(number: int, frame: FrameType | None) -> None:
    del number, frame
    print("Stopped.", file=sys.stderr)
    sys.exit(0)


if __name__ == "__main__":
    sys.exit(main())
