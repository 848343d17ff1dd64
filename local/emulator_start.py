"""Starts the emulator with three repairs. Runs in the emulator's own environment, as a script.

A function may answer a payload without a body, as a 204 has none. The gateway passes that on; the
emulator's fails on it and answers 500.

Who may send a message to a queue may send ten at once: IAM knows one action for both. The emulator
asks for another, which no policy can name.

Whether a phone number has opted out of messages is a question that the emulator does not know; here
nobody has.
"""

import importlib
from typing import Any

_emulator: Any = importlib.import_module("ministack.app")
_iam: Any = importlib.import_module("ministack.core.iam_actions")
_sns: Any = importlib.import_module("ministack.services.sns")
_send = _emulator._send_response  # noqa: SLF001 - there is no public way in
_extract_action = _iam.extract_iam_action
_answer_sns = _sns.handle_request
_OPTED_OUT = "CheckIfPhoneNumberIsOptedOut"


async def _send_response(
    send: Any, status: Any, headers: Any, body: Any, *others: Any, **more: Any
) -> Any:
    return await _send(send, status, headers, b"" if body is None else body, *others, **more)


def _extract_iam_action(*request: Any, **more: Any) -> Any:
    action = _extract_action(*request, **more)
    return "sqs:SendMessage" if action == "sqs:SendMessageBatch" else action


async def _handle_sns(method: Any, path: Any, headers: Any, body: Any, query_params: Any) -> Any:
    if _sns.parse_qs((body or b"").decode()).get("Action") != [_OPTED_OUT]:
        return await _answer_sns(method, path, headers, body, query_params)
    result = f"<{_OPTED_OUT}Result><isOptedOut>false</isOptedOut></{_OPTED_OUT}Result>"
    return _sns._xml(200, f"{_OPTED_OUT}Response", result)  # noqa: SLF001 - as above


if __name__ == "__main__":
    _emulator._send_response = _send_response  # noqa: SLF001 - as above
    _iam.extract_iam_action = _extract_iam_action
    _sns.handle_request = _handle_sns
    _emulator.main()
