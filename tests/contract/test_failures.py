"""What nobody could deal with comes into the queue that an operator looks at."""

import json

import pytest

from shared.adapters.sqs_failures import SqsFailures
from shared.errors import StorageError

pytestmark = pytest.mark.emulator

DETAILS = {"notice": "alt_1/1/1/fire", "channel": "chn_1", "reason": "AWS is busy."}


@pytest.fixture(name="queue")
def _queue(deployment):
    sqs = deployment.emulator.client("sqs")
    return sqs, sqs.create_queue(QueueName="failures-of-a-test")["QueueUrl"]


def test_a_report_lies_in_the_queue_with_its_ids(queue):
    sqs, url = queue
    SqsFailures(sqs, url).report("A notice could not be sent.", DETAILS)
    (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
    assert json.loads(message["Body"]) == {"what": "A notice could not be sent.", **DETAILS}


def test_a_report_that_cannot_be_made_is_an_error(queue):
    sqs, url = queue
    with pytest.raises(StorageError, match="report a failure"):
        SqsFailures(sqs, f"{url}-of-nobody").report("A notice could not be sent.", DETAILS)
