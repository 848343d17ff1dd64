"""Starts the emulator with one repair. Runs in the emulator's own environment, as a script.

The repair: a function may answer a payload without a body, as a 204 has none. The gateway passes
that on; the emulator's fails on it and answers 500.
"""

import importlib
from typing import Any

_emulator: Any = importlib.import_module("ministack.app")
_send = _emulator._send_response  # noqa: SLF001 - there is no public way in


async def _send_response(
    send: Any, status: Any, headers: Any, body: Any, *others: Any, **more: Any
) -> Any:
    return await _send(send, status, headers, b"" if body is None else body, *others, **more)


if __name__ == "__main__":
    _emulator._send_response = _send_response  # noqa: SLF001 - as above
    _emulator.main()
