"""Reading an account on from where its ledger is: what a sync asks of Stripe."""

from collections.abc import Callable

from shared.adapters.stripe_following import Follower
from shared.adapters.stripe_importing import Importer
from shared.adapters.stripe_recording import Recorder
from shared.adapters.stripe_transport import StripeTransport
from shared.domain.account import Mode
from shared.domain.ledger import Place, Progress
from shared.ports import AccountBook, Advance


async def advance(
    transport: StripeTransport,
    mode: Mode,
    book: AccountBook,
    place: Place,
    *,
    is_time_up: Callable[[], bool],
    report: Callable[[Progress], None],
) -> Advance:
    """Read one phase of an import, or what changed; see `BillingSource.advance`.

    Raises:
        RefusedError: Stripe refused a request for good.
        BillingSourceError: see `StripeTransport.get`.
    """
    recorder = Recorder(transport, mode, book, place)
    notes: tuple[str, ...] = ()
    if place.phase == "following":
        follower = Follower(recorder, is_time_up)
        is_done = await follower.run()
        notes = follower.notes
    else:
        is_done = await Importer(recorder, is_time_up=is_time_up, report=report).run()
        if place.repair == "recheck" and is_done:
            notes = _notes_of_check(recorder.place.drifted)
    return Advance(recorder.place, is_done, transport.requests, notes)


def _notes_of_check(drifted: int) -> tuple[str, ...]:
    if not drifted:
        return ()
    customers = "1 customer" if drifted == 1 else f"{drifted:,d} customers"
    found = f"The weekly check found {customers} otherwise than Stripe's events had told"
    return (f"{found}, and put that right.",)
