"""The keys of both tables on one page.

Table `metrics` (stream of new images; the alerts function sees `LATEST` and `SYNC` only):

| pk              | sk                      | collection          | holds                          |
|-----------------|-------------------------|---------------------|--------------------------------|
| INTEGRATION#id  | CONFIG                  | INTEGRATIONS        | what was configured            |
| INTEGRATION#id  | SYNC                    |                     | how the newest sync went       |
| INTEGRATION#id  | WATCH                   |                     | what of that has been told     |
| INTEGRATION#id  | METRIC#metric           |                     | pointer: the metric's interval |
| INTEGRATION#id  | DUE#interval            | DUE#interval        | marker: is synced at it        |
| METRIC#id       | CONFIG                  |                     | the metric                     |
| METRIC#id       | LATEST                  |                     | newest value                   |
| METRIC#id       | VALUE#as_of#version     |                     | one past value                 |
| METRIC#id       | VALUE#as_of#0#series    |                     | one that was reconstructed     |
| METRIC#id       | ALERT#alert             |                     | pointer                        |
| ALERT#id        | CONFIG                  | ALERTS              | the alert                      |
| ALERT#id        | STATE                   |                     | where it stands                |
| NOTICES#source  | EVENT#as_of#decision    |                     | one decision                   |
| NOTICES#source  | OUTBOX#decision#channel | OUTBOX              | one notice that is to be sent  |
| NOTICES#source  | NOTICE#decision#channel |                     | one that was sent or given up  |
| GOAL#id         | CONFIG                  | GOALS               | the goal with its links        |
| CHANNEL#id      | CONFIG                  | CHANNELS            | the channel                    |
| ADDRESS#address | CHANNEL                 |                     | which channel has the address  |
| NOTIFICATIONS   | CONFIG                  |                     | who hears of what is no alert  |
| IDEMPOTENCY     | request#hash            |                     | an answer, kept for a day      |

A source is an alert, a goal or an integration. `LATEST` is there, empty, from the metric's creation
until its removal: a value is put only where it is, which is what keeps a removed metric from
getting one. So it is with an integration's `SYNC`. A metric's item names the goals that follow it.
The stream's filter passes on changes of it, not its creation, and each end of a sync.

Table `ledger`; a shard is one of 16 parts of the customers (or days), chosen by a checksum:

| pk              | sk                              | holds                                       |
|-----------------|---------------------------------|---------------------------------------------|
| INTEGRATION#id  | SYNC                            | sequence, lease, slots that are done, place |
| LEDGER#id       | SPAN#listing#start#end          | marker: the span has been staged            |
| LEDGER#id       | CATALOG#first entry             | up to 100 entries of the catalog            |
| LEDGER#id       | RATE#first day#from#into        | up to 400 exchange rates of a day each      |
| LEDGER#id#shard | CUSTOMER#customer               | the facts of one customer                   |
| LEDGER#id#shard | RECORDS#first customer          | the records of up to 100 customers          |
| LEDGER#id#shard | STAGE#listing#start#end#n       | what a list said of customers, about 1 MB   |
| LEDGER#id#shard | BALANCE#day#first second#and id | up to 400 balance transactions of a day     |
| any of these    | PART#sk#digest#n                | 300 KB of what is too long for the item sk  |

What it costs, in units (a write unit is 1 KB, a read unit 4 KB; a transaction takes twice):

| access                                | units                                                  |
|---------------------------------------|--------------------------------------------------------|
| take or end a lease, store a place    | 1 write, 2 where many events were seen just before     |
| commit m values                       | 2 writes + 3 for each, 1 write to say that all is done |
| change one customer                   | 1 write for each KB of its facts (1 or 2), and of the  |
|                                       | range that its record is in (6 to 18)                  |
| load the records of 100,000 customers | about 4,400 reads in 16 to 32 pages of up to 1 MB      |
| load the exchange rates of a year     | about 1 read for each pair of currencies, 1 where none |
| a day's newer exchange rate           | as many reads twice, and 1 write for each KB of the    |
|                                       | range that it is in (to 5)                             |
| new balance transactions of a day     | 1 write for each KB of the range they are in (to 36)   |

The index `collections` (collection, collected_at) lists what belongs together; `collected_at` is
the id, and ids rise with time, so a list comes in order of creation and its cursor is an id.
Pointers stand beside it where a list must not miss what was written a moment ago.
"""

from datetime import UTC, datetime
from zlib import crc32

from shared.domain.configuration import RefreshInterval

Key = dict[str, str]

NOTIFICATIONS: Key = {"pk": "NOTIFICATIONS", "sk": "CONFIG"}

INDEX = "collections"
INTEGRATIONS = "INTEGRATIONS"
ALERTS = "ALERTS"
CHANNELS = "CHANNELS"
GOALS = "GOALS"
OUTBOX = "OUTBOX"

METRIC_PREFIX = "METRIC#"
ALERT_PREFIX = "ALERT#"
DUE_PREFIX = "DUE#"
VALUE_PREFIX = "VALUE#"
EVENT_PREFIX = "EVENT#"
OUTBOX_PREFIX = "OUTBOX#"
NOTICE_PREFIX = "NOTICE#"

SHARDS = 16
SPAN_PREFIX = "SPAN#"
CATALOG_PREFIX = "CATALOG#"
CUSTOMER_PREFIX = "CUSTOMER#"
RECORDS_PREFIX = "RECORDS#"
STAGE_PREFIX = "STAGE#"
BALANCE_PREFIX = "BALANCE#"
RATE_PREFIX = "RATE#"


def integration_key(integration_id: str, sk: str = "CONFIG") -> Key:
    """Key of an integration's item."""
    return {"pk": f"INTEGRATION#{integration_id}", "sk": sk}


def metric_key(metric_id: str, sk: str = "CONFIG") -> Key:
    """Key of a metric's item."""
    return {"pk": f"METRIC#{metric_id}", "sk": sk}


def alert_key(alert_id: str, sk: str = "CONFIG") -> Key:
    """Key of an alert's item."""
    return {"pk": f"ALERT#{alert_id}", "sk": sk}


def goal_key(goal_id: str) -> Key:
    """Key of a goal."""
    return {"pk": f"GOAL#{goal_id}", "sk": "CONFIG"}


def notices_key(source_id: str, sk: str) -> Key:
    """Key of what was decided of an alert, a goal or an integration, and of the notices of it."""
    return {"pk": f"NOTICES#{source_id}", "sk": sk}


def channel_key(channel_id: str) -> Key:
    """Key of a channel."""
    return {"pk": f"CHANNEL#{channel_id}", "sk": "CONFIG"}


def address_key(address: str) -> Key:
    """Key of the item that keeps an address to one channel."""
    return {"pk": f"ADDRESS#{address.casefold()}", "sk": "CHANNEL"}


def id_of(pk: str) -> str:
    """Give the id in a partition key."""
    return pk.partition("#")[2]


def due_collection(interval: RefreshInterval) -> str:
    """Collection of the integrations that have metrics at an interval."""
    return f"{DUE_PREFIX}{interval}"


def value_sk(as_of: datetime, version: int, series: str = "") -> str:
    """Sort key of a past value: by time, then by version.

    Those that were reconstructed have no version, and for each instant one of every series.
    """
    sk = f"{VALUE_PREFIX}{timestamp(as_of)}#{version:012d}"
    return f"{sk}#{series}" if series else sk


def timestamp(at: datetime) -> str:
    """Write an instant so that text sorts as time does."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def ledger_pk(integration_id: str, shard: int | None = None) -> str:
    """Partition of an account's ledger: of one shard, or of what is not divided."""
    return f"LEDGER#{integration_id}" if shard is None else f"LEDGER#{integration_id}#{shard:02d}"


def shard_of(text: str) -> int:
    """Shard of a customer or a day, the same for ever."""
    return crc32(text.encode()) % SHARDS


def balance_prefix(at: datetime) -> str:
    """Start of the sort keys of a day's balance transactions."""
    return f"{BALANCE_PREFIX}{at.astimezone(UTC):%Y-%m-%d}#"


def rate_sk(at: datetime, currency: str, into: str) -> str:
    """Sort key of a day's exchange rate of a pair of currencies."""
    return f"{RATE_PREFIX}{at.astimezone(UTC):%Y-%m-%d}#{currency}#{into}"


def parts_prefix(sk: str) -> str:
    """Start of the sort keys of the parts of what lies under *sk*, or under what starts so."""
    return f"PART#{sk}"


def part_sk(sk: str, digest: str, number: int) -> str:
    """Sort key of one part."""
    return f"{parts_prefix(sk)}#{digest}#{number:06d}"


def to_cursor(sk: str, prefix: str) -> str:
    """Write where a list of instants goes on, of characters that an address takes as they are."""
    return sk.removeprefix(prefix).replace("#", "~")


def from_cursor(cursor: str) -> str:
    """Read the rest of the sort key that `to_cursor` was made of: none has a `~` of its own."""
    return cursor.replace("~", "#")
