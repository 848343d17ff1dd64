"""What SNS delivered: a queue of the local run's own, subscribed to the topic of the stack."""

import asyncio
import json
from dataclasses import dataclass
from typing import Any

from local.deploy import Deployment

_BATCH = 10


@dataclass(frozen=True)
class Delivery:
    """One message that reached one channel."""

    channel: str
    protocol: str
    endpoint: str
    subject: str | None
    message: str
    at: str

    def as_json(self) -> dict[str, str | None]:
        """The form that `GET /_local/outbox` answers."""
        return dict(self.__dict__)


class Outbox:
    """Collects deliveries, oldest first.

    The queue gets every publish, whatever its filter would have been. So each is held against the
    channels subscribed at that moment: a delivery is listed only where SNS had somebody to tell.
    """

    def __init__(self, deployment: Deployment) -> None:
        self._sqs = deployment.emulator.client("sqs")
        self._sns = deployment.emulator.client("sns")
        self._topic = deployment.outputs["TopicArn"]
        self._queue_url = ""
        self._deliveries: list[Delivery] = []
        self._lock = asyncio.Lock()

    async def subscribe(self) -> None:
        """Start to listen."""
        await asyncio.to_thread(self._subscribe)

    async def watch(self, seconds: float) -> None:
        """Collect again and again, so that messages meet the channels of their time."""
        while True:
            await self.collect()
            await asyncio.sleep(seconds)

    async def collect(self) -> list[Delivery]:
        """Everything delivered up to now."""
        async with self._lock:
            await asyncio.to_thread(self._collect)
            return list(self._deliveries)

    def _subscribe(self) -> None:
        self._queue_url = self._sqs.create_queue(QueueName="local-outbox")["QueueUrl"]
        arn = self._sqs.get_queue_attributes(QueueUrl=self._queue_url, AttributeNames=["QueueArn"])[
            "Attributes"
        ]["QueueArn"]
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": arn,
            "Condition": {"ArnEquals": {"aws:SourceArn": self._topic}},
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self._sqs.set_queue_attributes(QueueUrl=self._queue_url, Attributes={"Policy": policy})
        self._sns.subscribe(TopicArn=self._topic, Protocol="sqs", Endpoint=arn)

    def _collect(self) -> None:
        while True:
            batch = self._sqs.receive_message(
                QueueUrl=self._queue_url, MaxNumberOfMessages=_BATCH
            ).get("Messages", [])
            if not batch:
                return
            channels = self._confirmed_channels()
            for message in batch:
                self._deliveries += deliveries_in(json.loads(message["Body"]), channels)
                self._sqs.delete_message(
                    QueueUrl=self._queue_url, ReceiptHandle=message["ReceiptHandle"]
                )
            self._deliveries.sort(key=lambda delivery: delivery.at)

    def _confirmed_channels(self) -> dict[str, tuple[str, str]]:
        """Protocol and endpoint of every confirmed channel, by its id."""
        found: dict[str, tuple[str, str]] = {}
        pages = self._sns.get_paginator("list_subscriptions_by_topic").paginate(
            TopicArn=self._topic
        )
        for subscription in (item for page in pages for item in page["Subscriptions"]):
            if not subscription["SubscriptionArn"].startswith("arn:"):
                continue  # not confirmed yet
            attributes = self._sns.get_subscription_attributes(
                SubscriptionArn=subscription["SubscriptionArn"]
            )["Attributes"]
            policy = json.loads(attributes.get("FilterPolicy") or "{}")
            for channel in policy.get("channels", []):
                found[channel] = (subscription["Protocol"], subscription["Endpoint"])
        return found


def deliveries_in(envelope: dict[str, Any], channels: dict[str, tuple[str, str]]) -> list[Delivery]:
    """The deliveries of one message of SNS to the *channels* (protocol and endpoint by id)."""
    addressed = envelope.get("MessageAttributes", {}).get("channels", {}).get("Value", "[]")
    return [
        Delivery(
            channel=channel,
            protocol=channels[channel][0],
            endpoint=channels[channel][1],
            subject=envelope.get("Subject"),
            message=envelope["Message"],
            at=envelope["Timestamp"],
        )
        for channel in json.loads(addressed)
        if channel in channels
    ]
