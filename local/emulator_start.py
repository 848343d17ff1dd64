"""Starts the emulator with two repairs. Runs in the emulator's own environment, as a script.

A function may answer a payload without a body, as a 204 has none. The gateway passes that on; the
emulator's fails on it and answers 500.

Who may send a message to a queue may send ten at once: IAM knows one action for both. The emulator
asks for another, which no policy can name.
"""

import importlib
from typing import Any

_emulator: Any = importlib.import_module("ministack.app")
_iam: Any = importlib.import_module("ministack.core.iam_actions")
_send = _emulator._send_response  # noqa: SLF001 - there is no public way in
_extract_action = _iam.extract_iam_action


async def _send_response(
    send: Any, status: Any, headers: Any, body: Any, *others: Any, **more: Any
) -> Any:
    return await _send(send, status, headers, b"" if body is None else body, *others, **more)


def _extract_iam_action(*request: Any, **more: Any) -> Any:
    action = _extract_action(*request, **more)
    return "sqs:SendMessage" if action == "sqs:SendMessageBatch" else action


if __name__ == "__main__":
    _emulator._send_response = _send_response  # noqa: SLF001 - as above
    _iam.extract_iam_action = _extract_iam_action
    _emulator.main()
