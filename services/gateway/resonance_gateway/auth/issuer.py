"""Public keys from an address of their issuer: fetched in good time, and when a token names one that is not known.

One fetch runs at a time, and one begins at most every few seconds, whatever tokens come: callers whose key is not known
wait for it together, all others pass beside. While the address is away, the keys that are known stay in force.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from contextlib import suppress
from typing import Final

import aiohttp

from resonance_gateway.auth.jwks import MAX_SET_BYTES, IssuedKeys, keys_of
from resonance_gateway.errors import KeysAway
from resonance_runtime import metrics
from resonance_runtime.health import Health

log = logging.getLogger(__name__)

# Keys that were taken back are refused after so long at most, while the address answers.
REFRESH_S: Final = 300.0
# Shorter than the time that a client has to authenticate, together with one fetch.
PAUSE_S: Final = 4.0
TIMEOUT_S: Final = 3.0
MAX_WAITING: Final = 1000

_PLACE: Final = "address"
_DEGRADED: Final = "token keys"
_OK: Final = 200
# Not compressed: what is read is bounded, what it unpacks to would have to be as well.
_HEADERS: Final = {"Accept": "application/jwk-set+json, application/json", "Accept-Encoding": "identity"}


class IssuerAddress:
    """The keys at one address.

    Args:
        url: Where the set of keys is.
        issued: Gets the keys.
        health: Told while the address is away.
        refresh_s: Time between fetches, seconds.
        pause_s: Least time between the beginnings of two fetches, seconds.
        timeout_s: Longest time of a fetch, seconds.
    """

    def __init__(
        self,
        url: str,
        issued: IssuedKeys,
        health: Health,
        *,
        refresh_s: float = REFRESH_S,
        pause_s: float = PAUSE_S,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        self._url = url
        self._issued = issued
        self._health = health
        self._refresh_s = refresh_s
        self._pause_s = pause_s
        self._timeout = aiohttp.ClientTimeout(total=timeout_s)
        self._began: float | None = None
        self._fetched: float | None = None
        self._fetch: asyncio.Task[None] | None = None
        self._waiting = 0
        self._away = False

    @property
    def away(self) -> bool:
        """Whether the last fetch failed."""
        return self._away

    async def learn(self) -> None:
        """Returns when the next fetch has ended, well or not.

        Raises:
            KeysAway: Too many wait for it already.
        """
        if self._waiting >= MAX_WAITING:
            raise KeysAway("The token's key is not known yet, and too many wait for its issuer; try again later.")
        if self._fetch is None or self._fetch.done():
            self._fetch = asyncio.create_task(self._next_fetch(), name="fetching keys")
        self._waiting += 1
        try:
            # Whoever gives up waiting must not end the fetch of the others.
            await asyncio.shield(self._fetch)
        finally:
            self._waiting -= 1

    async def keep_fresh(self) -> None:
        """Fetches again and again; does not return."""
        while True:
            # Where too many wait for the next fetch, there is one without asking.
            with suppress(KeysAway):
                await self.learn()
            await asyncio.sleep(random.uniform(0.5, 1.0) * (self._pause_s if self._away else self._refresh_s))

    async def stop(self) -> None:
        """Ends a fetch that runs."""
        if self._fetch is not None:
            self._fetch.cancel()
            await asyncio.gather(self._fetch, return_exceptions=True)

    async def _next_fetch(self) -> None:
        if self._began is not None:
            await asyncio.sleep(max(0.0, self._began + self._pause_s - time.monotonic()))
        self._began = time.monotonic()
        try:
            self._issued.replace(_PLACE, keys_of(await self._document()))
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as fault:
            self._failed(fault)
        else:
            self._fetched = time.monotonic()
            self._away = False
            self._health.clear(_DEGRADED)
            metrics.GATEWAY_KEY_FETCHES.labels(result="ok").inc()

    async def _document(self) -> bytes:
        """What is at the address; raises ValueError with a sentence, without its full stop."""
        async with (
            aiohttp.ClientSession(timeout=self._timeout, auto_decompress=False) as session,
            session.get(self._url, headers=_HEADERS, allow_redirects=False) as response,
        ):
            if response.status != _OK:
                raise ValueError(f"200 was expected, the address answered {response.status}")
            document = bytearray()
            async for chunk in response.content.iter_any():
                document += chunk
                if len(document) > MAX_SET_BYTES:
                    break
            return bytes(document)

    def _failed(self, fault: Exception) -> None:
        reason = str(fault) if isinstance(fault, ValueError) else f"the address did not answer ({type(fault).__name__})"
        known = (
            "There are none yet, so tokens that need them wait"
            if self._fetched is None
            else f"Those fetched {time.monotonic() - self._fetched:.0f} s ago stay in force"
        )
        if not self._away:
            log.warning("the keys of tokens could not be fetched", extra={"reason": reason})
        self._away = True
        self._health.degraded(_DEGRADED, f"The keys of tokens could not be fetched: {reason}. {known}.")
        metrics.GATEWAY_KEY_FETCHES.labels(result="failed").inc()
