"""Removing an alert, which goes by itself or with its metric."""

from shared.adapters.dynamodb_keys import alert_key, notices_key
from shared.adapters.dynamodb_table import DynamoDbTable


def remove_alert_items(table: DynamoDbTable, alert_id: str) -> None:
    """Remove an alert with its state, history and outbox, but not the metric's pointer to it.

    Without its state nothing more can be decided, so no notice is left behind; the alert itself
    goes last, so that a removal that was cut short can be asked for again.
    """
    table.delete([alert_key(alert_id, "STATE")])
    table.delete_partition(notices_key(alert_id, "")["pk"])
    table.delete_partition(alert_key(alert_id)["pk"])
