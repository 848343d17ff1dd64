"""The keys of both tables on one page.

Table `metrics` (stream of new images; the alerts function sees `LATEST` only):

| pk              | sk                      | collection          | holds                          |
|-----------------|-------------------------|---------------------|--------------------------------|
| INTEGRATION#id  | CONFIG                  | INTEGRATIONS        | what was configured            |
| INTEGRATION#id  | SYNC                    |                     | how the newest sync went       |
| INTEGRATION#id  | METRIC#metric           |                     | pointer: the metric's interval |
| INTEGRATION#id  | DUE#interval            | DUE#interval        | marker: has metrics of it      |
| METRIC#id       | CONFIG                  |                     | the metric                     |
| METRIC#id       | LATEST                  |                     | newest value                   |
| METRIC#id       | VALUE#as_of#version     |                     | one past value                 |
| METRIC#id       | ALERT#alert             |                     | pointer                        |
| ALERT#id        | CONFIG                  | ALERTS              | the alert                      |
| ALERT#id        | STATE                   |                     | where it stands                |
| ALERT#id        | EVENT#as_of#decision    |                     | one decision                   |
| ALERT#id        | OUTBOX#decision#channel | OUTBOX              | one notice that is to be sent  |
| ALERT#id        | NOTICE#decision#channel |                     | one that was sent or given up  |
| CHANNEL#id      | CONFIG                  | CHANNELS            | the channel                    |
| ADDRESS#address | CHANNEL                 |                     | which channel has the address  |

Table `ledger`:

| pk              | sk                      | holds                                          |
|-----------------|-------------------------|------------------------------------------------|
| INTEGRATION#id  | SYNC                    | sequence, lease, and the slots that are done   |

The index `collections` (collection, collected_at) lists what belongs together; `collected_at` is
the id, and ids rise with time, so a list comes in order of creation and its cursor is an id.
Pointers stand beside it where a list must not miss what was written a moment ago.
"""

from datetime import UTC, datetime

from shared.domain.configuration import RefreshInterval

Key = dict[str, str]

INDEX = "collections"
INTEGRATIONS = "INTEGRATIONS"
ALERTS = "ALERTS"
CHANNELS = "CHANNELS"
OUTBOX = "OUTBOX"

METRIC_PREFIX = "METRIC#"
ALERT_PREFIX = "ALERT#"
DUE_PREFIX = "DUE#"
VALUE_PREFIX = "VALUE#"
EVENT_PREFIX = "EVENT#"
OUTBOX_PREFIX = "OUTBOX#"
NOTICE_PREFIX = "NOTICE#"


def integration_key(integration_id: str, sk: str = "CONFIG") -> Key:
    """Key of an integration's item."""
    return {"pk": f"INTEGRATION#{integration_id}", "sk": sk}


def metric_key(metric_id: str, sk: str = "CONFIG") -> Key:
    """Key of a metric's item."""
    return {"pk": f"METRIC#{metric_id}", "sk": sk}


def alert_key(alert_id: str, sk: str = "CONFIG") -> Key:
    """Key of an alert's item."""
    return {"pk": f"ALERT#{alert_id}", "sk": sk}


def channel_key(channel_id: str) -> Key:
    """Key of a channel."""
    return {"pk": f"CHANNEL#{channel_id}", "sk": "CONFIG"}


def address_key(address: str) -> Key:
    """Key of the item that keeps an address to one channel."""
    return {"pk": f"ADDRESS#{address.casefold()}", "sk": "CHANNEL"}


def due_collection(interval: RefreshInterval) -> str:
    """Collection of the integrations that have metrics at an interval."""
    return f"{DUE_PREFIX}{interval}"


def value_sk(as_of: datetime, version: int) -> str:
    """Sort key of a past value: by time, then by version."""
    return f"{VALUE_PREFIX}{timestamp(as_of)}#{version:012d}"


def timestamp(at: datetime) -> str:
    """Write an instant so that text sorts as time does."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
