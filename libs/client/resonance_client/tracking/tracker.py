"""Tells the gateway what users of a backend did, in the background, until it is stored."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from enum import Enum
from secrets import token_hex
from types import TracebackType
from typing import Final, Self

from resonance_client.backoff import Backoff
from resonance_client.errors import BufferFull, GatewayUnreachable, SessionClosed
from resonance_client.tracking.delivery import Counts, Delivery
from resonance_client.tracking.events import Activity, Kind, RefusedActivity
from resonance_client.tracking.waiting import Waiting

log = logging.getLogger(__name__)

MOST_A_BATCH: Final = 1000


class Overflow(Enum):
    """What happens to an event when no more may wait: its teller gets BufferFull, or it is dropped and counted."""

    RAISE = "raise"
    DROP = "drop"


class ActivityTracker:
    """Gathers events and sends them in batches; use as `async with`, which ends when all are stored.

    Args:
        gateway: Address of the gateway, http or https.
        token: Token with the role `backend`, or what gives a fresh one before each request.
        source: Name of this process among all that use the same token; one of its own where none is given. No two
            trackers may use the same one at once, and none may begin anew under one that was used in the last hour.
        capacity: How many events may wait.
        batch: Largest number of events in a request, at most 1000.
        linger_s: How long an event waits for others to travel with, seconds.
        overflow: What happens to events when no more may wait.
        on_refused: Told of each event that the gateway will not take; else they are logged.
        patience_s: How long closing waits until everything is stored, seconds.
        backoff: Waits between attempts.

    Raises:
        UsageError: The name of the source is not 1 to 128 letters, digits or . _ : @ -
    """

    def __init__(
        self,
        gateway: str,
        token: str | Callable[[], str],
        *,
        source: str | None = None,
        capacity: int = 10_000,
        batch: int = 500,
        linger_s: float = 0.05,
        overflow: Overflow = Overflow.RAISE,
        on_refused: Callable[[RefusedActivity], None] | None = None,
        patience_s: float = 30.0,
        backoff: Backoff | None = None,
    ) -> None:
        self._waiting = Waiting(source or f"t-{token_hex(8)}", capacity, min(batch, MOST_A_BATCH))
        self._delivery = Delivery(
            gateway, token, self._waiting, linger_s, on_refused or _log_refused, backoff or Backoff(0.1, 5.0)
        )
        self._overflow = overflow
        self._patience_s = patience_s
        self._task: asyncio.Task[None] | None = None
        self._closed = False

    @property
    def counts(self) -> Counts:
        """What became of events so far."""
        return self._delivery.counts

    @property
    def waiting(self) -> int:
        """Events of which the gateway has not said yet what became of them."""
        return len(self._waiting)

    async def track_user_activity(
        self,
        user_id: str,
        message_size: int,
        channels: Sequence[str] = (),
        ip_address: str | None = None,
        *,
        kind: Kind = "message",
        error: bool = False,
        token_id: str | None = None,
    ) -> bool:
        """Take an event of now; it is stored once `flushed` returned. Fields as of `Activity`.

        Returns:
            False where it was dropped.

        Raises:
            BufferFull: Too many events wait, and they are not to be dropped.
            AuthenticationRefused: The gateway does not accept the token.
            SessionClosed: The tracker is not open.
            UsageError: A field cannot be sent.
        """
        now = round(time.time(), 6)
        return self.offer(Activity(user_id, message_size, channels, ip_address, kind, error, token_id, now))

    def offer(self, activity: Activity) -> bool:
        """As `track_user_activity`, for callbacks on the same event loop, and for events of another time."""
        if self._task is None or self._closed:
            raise SessionClosed("Events are taken inside of `async with ActivityTracker(...)` only.")
        if self._task.done():
            self._task.result()
        if self._waiting.full:
            if self._overflow is Overflow.DROP:
                self._delivery.counts.dropped += 1
                return False
            raise BufferFull(
                f"{len(self._waiting)} events wait for the gateway, no more may. {self._delivery.last_fault}"
            )
        self._waiting.add(activity)
        self._delivery.added()
        return True

    async def flushed(self) -> None:
        """Wait until the gateway has said of every event what became of it; raises what ended the delivery."""
        if self._task is None:
            return
        emptied = asyncio.create_task(self._delivery.emptied())
        try:
            await asyncio.wait([emptied, self._task], return_when=asyncio.FIRST_COMPLETED)
        finally:
            emptied.cancel()
        if self._task.done():
            self._task.result()

    async def close(self) -> None:
        """Wait until every event is stored, and stop.

        Raises:
            GatewayUnreachable: They are not within `patience_s`.
        """
        self._closed = True
        try:
            async with asyncio.timeout(self._patience_s):
                await self.flushed()
        except TimeoutError:
            raise GatewayUnreachable(
                f"{len(self._waiting)} events were not stored within {self._patience_s:g} s. "
                f"{self._delivery.last_fault}"
            ) from None
        finally:
            if self._task is not None:
                self._task.cancel()
                await asyncio.gather(self._task, return_exceptions=True)

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._delivery.run())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


def _log_refused(refused: RefusedActivity) -> None:
    # Without the activity: it names a person.
    log.warning("an activity was refused", extra={"reason": refused.reason, "detail": refused.detail})
