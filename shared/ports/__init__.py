"""What the use cases need of the outside world, as Protocols.

Every implementation keeps the promise written here; the contract tests hold the real adapters and
the fakes of the tests to it. Each of them raises `StorageUnavailableError` where the other side is
throttled or out of reach; other errors are named where they arise. Reads see every earlier write,
except the lists that say otherwise.
"""

from shared.ports.alerts import AlertStore, Failures, Notifier, Outbox
from shared.ports.billing import Advance, BillingSource, BillingSources
from shared.ports.common import Clock, Page, pages_of
from shared.ports.configuration import ConfigStore, SecretStore
from shared.ports.goals import GoalStore
from shared.ports.ledger import AccountBook, Ledger
from shared.ports.metrics import MetricStore
from shared.ports.syncing import Lease, SyncQueue, SyncRequest

__all__ = [
    "AccountBook",
    "Advance",
    "AlertStore",
    "BillingSource",
    "BillingSources",
    "Clock",
    "ConfigStore",
    "Failures",
    "GoalStore",
    "Lease",
    "Ledger",
    "MetricStore",
    "Notifier",
    "Outbox",
    "Page",
    "SecretStore",
    "SyncQueue",
    "SyncRequest",
    "pages_of",
]
