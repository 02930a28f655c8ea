"""Brings waiting events to the gateway, one batch after the other, until it has said what became of each."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import aiohttp

from resonance_client.backoff import Backoff
from resonance_client.errors import AuthenticationRefused
from resonance_client.tracking.answers import Answer, Denied, Stored, TryAgain, Unacceptable, answer_of
from resonance_client.tracking.events import RefusedActivity
from resonance_client.tracking.waiting import Waiting

log = logging.getLogger(__name__)

PATH: Final = "/ml/activity"
TIMEOUT_S: Final = 15.0


@dataclass(slots=True)
class Counts:
    """What became of events so far.

    Attributes:
        stored: Stored by all in-sync replicas.
        refused: The gateway will not take them.
        dropped: Not taken, because too many waited.
    """

    stored: int = 0
    refused: int = 0
    dropped: int = 0


class Delivery:
    """Sends what waits.

    Args:
        gateway: Address of the gateway.
        token: Token, or what gives a fresh one before each request.
        waiting: The events.
        linger_s: How long an event waits for others to travel with, seconds.
        on_refused: Told of each event that the gateway will not take.
        backoff: Waits between attempts.

    Attributes:
        counts: What became of events so far.
        last_fault: Why the last attempt failed, a sentence.
    """

    def __init__(
        self,
        gateway: str,
        token: str | Callable[[], str],
        waiting: Waiting,
        linger_s: float,
        on_refused: Callable[[RefusedActivity], None],
        backoff: Backoff,
    ) -> None:
        self._url = gateway.rstrip("/") + PATH
        self._token = token
        self._waiting = waiting
        self._linger_s = linger_s
        self._on_refused = on_refused
        self._backoff = backoff
        self._some = asyncio.Event()
        self._hurry = asyncio.Event()
        self._none = asyncio.Event()
        self._none.set()
        self.counts = Counts()
        self.last_fault = "No attempt was made yet."

    def added(self) -> None:
        """An event waits."""
        self._none.clear()
        self._some.set()
        if self._waiting.plenty:
            self._hurry.set()

    async def emptied(self) -> None:
        """Returns when nothing waits; until then nothing lingers."""
        self._hurry.set()
        await self._none.wait()

    async def run(self) -> None:
        """Sends until it is cancelled.

        Raises:
            AuthenticationRefused: The gateway does not accept the token, and there is no other.
        """
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=TIMEOUT_S)) as http:
            while True:
                await self._some.wait()
                await self._linger()
                await self._send(http)
                if not len(self._waiting):
                    self._some.clear()
                    self._none.set()

    async def _linger(self) -> None:
        """Waits for more events, unless there is a batch of them or somebody waits."""
        if not self._hurry.is_set():
            try:
                async with asyncio.timeout(self._linger_s):
                    await self._hurry.wait()
            except TimeoutError:
                return
        if not self._waiting.plenty:
            self._hurry.clear()

    async def _send(self, http: aiohttp.ClientSession) -> None:
        """Sends a batch until the gateway has said what became of it."""
        for wait_s in self._backoff.waits():
            match await self._post(http, self._waiting.batch()):
                case Stored() as answer:
                    return self._settle(answer)
                case Unacceptable(why):
                    if not self._waiting.halve():
                        return self._give_up(why)
                case Denied(why):
                    if isinstance(self._token, str):
                        raise AuthenticationRefused(why)
                    await self._pause(why, wait_s)
                case TryAgain(why, after_s):
                    await self._pause(why, max(wait_s, after_s))

    async def _post(self, http: aiohttp.ClientSession, body: bytes) -> Answer:
        token = self._token if isinstance(self._token, str) else self._token()
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        try:
            async with http.post(self._url, data=body, headers=headers) as response:
                return answer_of(response.status, response.headers, await response.text(errors="replace"))
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return TryAgain(f"No answer from {self._url} ({error or type(error).__name__}); is the gateway running?")

    async def _pause(self, why: str, seconds: float) -> None:
        self.last_fault = why
        log.info("activity is sent again", extra={"reason": why, "wait_s": round(seconds, 3)})
        await asyncio.sleep(seconds)

    def _settle(self, answer: Stored) -> None:
        settled = self._waiting.settle()
        self.counts.stored += answer.accepted
        for refused in answer.refused:
            if 0 <= refused.index < len(settled):
                self._refuse(RefusedActivity(settled[refused.index], refused.reason, refused.detail))

    def _give_up(self, why: str) -> None:
        for activity in self._waiting.settle():
            self._refuse(RefusedActivity(activity, "refused", why))

    def _refuse(self, refused: RefusedActivity) -> None:
        self.counts.refused += 1
        try:
            self._on_refused(refused)
        except Exception:  # whatever a callback raises must not end the delivery
            log.exception("a callback failed")
