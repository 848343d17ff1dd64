"""What nobody could deal with, in an SQS queue that an alarm watches."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from shared.adapters.aws_errors import translated

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


class SqsFailures:
    """The `Failures` port."""

    def __init__(self, client: "SQSClient", url: str) -> None:
        self._client = client
        self._url = url

    def report(self, what: str, details: Mapping[str, str]) -> None:
        """See the port."""
        with translated("report a failure"):
            self._client.send_message(
                QueueUrl=self._url, MessageBody=json.dumps({"what": what, **details})
            )
