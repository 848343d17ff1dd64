"""Whether a channel receives, in words."""

from shared.domain.configuration import Channel


def not_receiving(channel: Channel) -> str | None:
    """Say why nothing that is sent to a channel arrives, and what to do; None if it does."""
    if channel.status == "active":
        return None
    if channel.status == "pending_confirmation":
        return (
            "The address has not been confirmed, so nothing is delivered to it. Its owner confirms "
            "by the link in the mail from AWS; without that for two days, remove the channel and "
            "add it again."
        )
    if channel.type == "email":
        return (
            "The address does not receive: it was unsubscribed, or never confirmed. Remove the "
            "channel and add it again."
        )
    return (
        "The number does not receive: it was unsubscribed, or its owner answered STOP. Allow it "
        "again in the console of SNS, under Text messaging, or remove the channel and add it again."
    )
