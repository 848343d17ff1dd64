"""The billing source of the product: one Stripe account, read with one key.

Implements the port `BillingSource`. The SDK and the asyncio transport are imported when they are
first needed, because a cold start must not pay for what its path does not use.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from shared.adapters.stripe_pace import IMPORT_SHARE, QUIET_SHARE, Pace, Pacer
from shared.domain.account import AccountIdentity, Needs, Reading
from shared.domain.ledger import Place, Progress
from shared.domain.stripe_key import StripeKey
from shared.errors import QueryTooLargeError
from shared.ports import AccountBook, Advance

if TYPE_CHECKING:
    from shared.adapters.stripe_transport import StripeTransport, TransportSettings


class StripeSource:
    """A Stripe account; sends nothing before it is asked."""

    def __init__(
        self,
        key: StripeKey,
        *,
        api_base: str | None = None,
        settings: "TransportSettings | None" = None,
        now: Callable[[], datetime] | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        ticks: Callable[[], float] = time.monotonic,
        pace: Pace | None = None,
    ) -> None:
        """Keep what a reading needs.

        Args:
            key: what it is read with.

            api_base: address of a Stripe-shaped server; None for Stripe itself.

            settings: how patient reading is; None for the defaults.

            now: the local clock, where Stripe gives no Date.

            sleep: waits between attempts, and for the turn of a request.

            ticks: the steady clock that the pace goes by, in seconds.

            pace: what the account allows; None for Stripe's own limits.
        """
        self._key = key
        self._api_base = api_base
        self._settings = settings
        self._now = now or _local_now
        self._sleep = sleep
        self._ticks = ticks
        self._pace = pace or Pace.of(key.mode)

    def identify(self) -> AccountIdentity:
        """Tell whose key this is, in one request unless Stripe fails.

        Must not be called from a running event loop: it starts one of its own to wait.
        """
        from shared.adapters.stripe_sdk import retrieve_account  # noqa: PLC0415 - cold start

        async def wait(seconds: float) -> None:
            await self._sleep(seconds)

        return retrieve_account(
            self._key, self._api_base, sleep=lambda seconds: asyncio.run(wait(seconds))
        )

    def read(self, needs: Needs, *, deadline_seconds: float | None = None) -> Reading:
        """Read the objects that are needed, and no others.

        Must not be called from a running event loop: it starts one of its own.
        """
        return asyncio.run(self._read(needs, deadline_seconds))

    async def _read(self, needs: Needs, deadline_seconds: float | None) -> Reading:
        from shared.adapters.stripe_account_reading import (  # noqa: PLC0415 - cold start
            read_account,
        )
        from shared.adapters.stripe_transport import RefusedError  # noqa: PLC0415 - cold start

        transport = self._open_transport(IMPORT_SHARE)
        refused = None
        try:
            async with asyncio.timeout(deadline_seconds), transport:
                account = await read_account(transport, self._key.mode, needs)
        except RefusedError as error:
            refused = error.refusal.to_error()
        except TimeoutError:
            # What kept it from being done in time says more than the time.
            refused = transport.trouble or QueryTooLargeError(
                f"The account cannot be read within {deadline_seconds:.0f} seconds. Connect the"
                " account first: then it is read in full, and queries answer from what was read."
            )
        # Raised here and not inside `except`, so that the chain holds nothing of the request.
        if refused is not None:
            raise refused
        return Reading(
            account=account,
            as_of=transport.answered_at,
            requests=transport.requests,
        )

    def advance(
        self,
        book: AccountBook,
        place: Place,
        *,
        is_time_up: Callable[[], bool],
        report: Callable[[Progress], None],
    ) -> Advance:
        """Read on into the ledger: a phase of the import, or what changed since.

        Must not be called from a running event loop: it starts one of its own.
        """
        return asyncio.run(self._advance(book, place, is_time_up, report))

    async def _advance(
        self,
        book: AccountBook,
        place: Place,
        is_time_up: Callable[[], bool],
        report: Callable[[Progress], None],
    ) -> Advance:
        from shared.adapters.stripe_advancing import advance  # noqa: PLC0415 - cold start
        from shared.adapters.stripe_transport import RefusedError  # noqa: PLC0415 - cold start

        is_quiet = place.phase == "following" or place.repair == "recheck"
        transport = self._open_transport(QUIET_SHARE if is_quiet else IMPORT_SHARE)
        try:
            async with transport:
                return await advance(
                    transport, self._key.mode, book, place, is_time_up=is_time_up, report=report
                )
        except RefusedError as error:
            refused = error.refusal.to_error()
        # Raised here and not inside `except`, so that the chain holds nothing of the request.
        raise refused

    def _open_transport(self, share: float) -> "StripeTransport":
        """Make a transport that uses a share of what the account allows."""
        from shared.adapters import stripe_transport  # noqa: PLC0415 - cold start

        return stripe_transport.StripeTransport(
            self._key,
            api_base=self._api_base or stripe_transport.API_BASE,
            settings=self._settings or stripe_transport.TransportSettings(),
            pacer=Pacer(self._pace.times(share), ticks=self._ticks, sleep=self._sleep),
            now=self._now,
            sleep=self._sleep,
        )


def _local_now() -> datetime:
    return datetime.now(UTC)
