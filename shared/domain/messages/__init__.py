"""What people read: an e-mail with subject and body, or one part of SMS."""

from shared.domain.messages.account_messages import account_message, channel_test_message
from shared.domain.messages.alert_messages import AlertFacts, alert_message
from shared.domain.messages.goal_messages import GoalFacts, goal_message
from shared.domain.messages.text import SMS_LIMIT, SUBJECT_LIMIT, short_id

__all__ = [
    "SMS_LIMIT",
    "SUBJECT_LIMIT",
    "AlertFacts",
    "GoalFacts",
    "account_message",
    "alert_message",
    "channel_test_message",
    "goal_message",
    "short_id",
]
