"""HTTP API events (payload format 2.0) for handing to the API's handler in process."""

import json
from typing import Any
from urllib.parse import parse_qsl, urlsplit


def an_event(
    method: str, target: str, body: Any = None, *, content_type: str = "application/json"
) -> dict[str, Any]:
    """Make an event; a body that is no text is written as JSON."""
    parts = urlsplit(target)
    text = body if body is None or isinstance(body, str) else json.dumps(body)
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": parts.path,
        "rawQueryString": parts.query,
        "queryStringParameters": dict(parse_qsl(parts.query)) or None,
        "headers": {"content-type": content_type, "host": "api.example.com"},
        "requestContext": {
            "requestId": "request-1",
            "stage": "$default",
            "http": {"method": method, "path": parts.path, "sourceIp": "192.0.2.1"},
        },
        "body": text,
        "isBase64Encoded": False,
    }


class _Context:
    """As much of a Lambda context as the logger looks at."""

    function_name = "api"
    function_version = "1"
    memory_limit_in_mb = 512
    invoked_function_arn = "arn:aws:lambda:us-east-1:000000000000:function:api"
    aws_request_id = "request-1"

    def get_remaining_time_in_millis(self) -> int:
        return 29_000


CONTEXT: Any = _Context()
