"""The sandbox's own clock: a start, what was skipped, and, if it runs, the time since."""

from collections.abc import Callable


class Clock:
    """Tells the sandbox's time in whole epoch seconds.

    Args:
        start: the first instant.
        ticks: seconds that have passed by some steady clock (such as `time.monotonic`); without
            it the clock stands still and moves only when it is told to.
    """

    def __init__(self, start: int, ticks: Callable[[], float] | None = None) -> None:
        self._start = start
        self._ticks = ticks
        self._origin = ticks() if ticks else 0.0

    @property
    def running(self) -> bool:
        """Whether time passes by itself."""
        return self._ticks is not None

    def now(self) -> int:
        """Return the current instant."""
        passed = self._ticks() - self._origin if self._ticks else 0.0
        return self._start + int(passed)

    def skip(self, seconds: int) -> None:
        """Move ahead by *seconds* at once."""
        self._start += seconds
