"""Channels as subscriptions of one SNS topic, each filtered to its own id."""

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from shared.adapters.aws_errors import error_code, translated
from shared.domain.configuration import Channel, ChannelStatus
from shared.domain.notices import Message
from shared.errors import InvalidInputError

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient

ATTRIBUTE = "channels"
_GONE = frozenset({"NotFound", "NotFoundException"})
_REFUSED = frozenset({"InvalidParameter", "InvalidParameterException"})


class SnsNotifier:
    """The `Notifier` port."""

    def __init__(self, client: "SNSClient", topic_arn: str) -> None:
        self._client = client
        self._topic_arn = topic_arn

    def subscribe(self, channel: Channel) -> str:
        """See the port."""
        with translated("subscribe a channel"):
            try:
                answer = self._client.subscribe(
                    TopicArn=self._topic_arn,
                    Protocol=channel.type,
                    Endpoint=channel.address,
                    Attributes={"FilterPolicy": json.dumps({ATTRIBUTE: [channel.id]})},
                    ReturnSubscriptionArn=True,
                )
            except ClientError as error:
                if error_code(error) not in _REFUSED:
                    raise
                detail = "AWS SNS does not take this address."
                raise InvalidInputError(detail, errors=(("/address", detail),)) from error
        return answer["SubscriptionArn"]

    def unsubscribe(self, subscription: str) -> None:
        """See the port."""
        with translated("unsubscribe a channel"):
            try:
                self._client.unsubscribe(SubscriptionArn=subscription)
            except ClientError as error:
                # One that was never confirmed cannot be ended; SNS forgets it by itself.
                if error_code(error) not in _GONE | _REFUSED:
                    raise

    def status(self, channel: Channel) -> ChannelStatus:
        """See the port."""
        if not channel.subscription:
            return "not_receiving"
        with translated("look at a subscription"):
            try:
                answer = self._client.get_subscription_attributes(
                    SubscriptionArn=channel.subscription
                )
                if channel.type == "sms" and self._has_opted_out(channel.address):
                    return "not_receiving"
            except ClientError as error:
                # What SNS does not know was unsubscribed, or waited too long to be confirmed.
                if error_code(error) in _GONE:
                    return "not_receiving"
                raise
        pending = answer["Attributes"].get("PendingConfirmation", "false") == "true"
        return "pending_confirmation" if pending else "active"

    def statuses(self, channels: Sequence[Channel]) -> Mapping[str, ChannelStatus]:
        """See the port."""
        subscribed = self._subscriptions() if channels else {}
        found: dict[str, ChannelStatus] = {}
        for channel in channels:
            arn = subscribed.get((channel.type, channel.address), "")
            if arn == "PendingConfirmation":
                found[channel.id] = "pending_confirmation"
            elif not arn.startswith("arn:"):
                found[channel.id] = self.status(channel)  # the list may lag behind
            else:
                found[channel.id] = channel.status if channel.type == "sms" else "active"
        return found

    def _subscriptions(self) -> Mapping[tuple[str, str], str]:
        pages = self._client.get_paginator("list_subscriptions_by_topic")
        with translated("list subscriptions"):
            return {
                (subscription["Protocol"], subscription["Endpoint"]): subscription[
                    "SubscriptionArn"
                ]
                for page in pages.paginate(TopicArn=self._topic_arn)
                for subscription in page["Subscriptions"]
            }

    def _has_opted_out(self, number: str) -> bool:
        # Whoever answers STOP to any message of this AWS account gets none any more.
        return self._client.check_if_phone_number_is_opted_out(phoneNumber=number)["isOptedOut"]

    def publish(self, channel_id: str, message: Message) -> str:
        """See the port."""
        subject = {"Subject": message.subject} if message.subject else {}
        with translated("publish a notice"):
            try:
                answer = self._client.publish(
                    TopicArn=self._topic_arn,
                    Message=message.body,
                    MessageAttributes={
                        ATTRIBUTE: {
                            "DataType": "String.Array",
                            "StringValue": json.dumps([channel_id]),
                        }
                    },
                    **subject,
                )
            except ClientError as error:
                if error_code(error) not in _REFUSED:
                    raise
                raise InvalidInputError("AWS SNS does not take this message.") from error
        return answer["MessageId"]
