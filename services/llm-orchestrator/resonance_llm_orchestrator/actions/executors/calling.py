"""HTTP calls to systems outside: time-outs, retries with full jitter, Retry-After, and no secret in what is said."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from ssl import SSLContext
from typing import Final

import aiohttp

from resonance_llm_orchestrator.actions.errors import Failed
from resonance_llm_orchestrator.actions.executors.executor import LONGEST_S
from resonance_llm_orchestrator.retry_after import retry_after_s
from resonance_runtime.retry import delays

AGAIN: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
MOST_BYTES: Final = 65_536


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered."""

    status: int
    body: bytes


class Calling:
    """Calls one system.

    Args:
        name: Of the system, for sentences: its address may hold a secret.
        timeout_s: Longest time of one attempt, seconds.
        attempts: At most.
        total_s: Longest time of all attempts, seconds.
        tls: Whom to trust; the machine's certificates where it is not given.
    """

    def __init__(
        self,
        name: str,
        timeout_s: float,
        attempts: int,
        *,
        total_s: float = LONGEST_S / 3,
        tls: SSLContext | None = None,
    ) -> None:
        self._name = name
        self._timeout = aiohttp.ClientTimeout(total=timeout_s)
        self._attempts = attempts
        self._total_s = total_s
        self._tls: SSLContext | bool = True if tls is None else tls
        self._session: aiohttp.ClientSession | None = None

    async def call(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None) -> Answer:
        """The first answer that is not "later"; redirects are answers too.

        Raises:
            Failed: None came, or only such answers.
        """
        deadline, waits, said = time.monotonic() + self._total_s, delays(), ""
        for attempt in range(1, self._attempts + 1):
            try:
                answer, after_s = await self._once(method, url, headers, body)
                if answer.status not in AGAIN:
                    return answer
                said = f"{self._name} answered with {answer.status}"
            except TimeoutError:
                said, after_s = f"{self._name} did not answer in time; whether it was done there is not known", 0.0
            except aiohttp.ClientError as error:
                said, after_s = f"{self._name} could not be reached ({type(error).__name__})", 0.0
            wait_s = max(after_s, next(waits))
            if attempt == self._attempts or time.monotonic() + wait_s >= deadline:
                break
            await asyncio.sleep(wait_s)
        raise Failed(f"{said}, {attempt} attempt{'s' if attempt > 1 else ''}.")

    async def close(self) -> None:
        """Closes the connections."""
        if self._session is not None:
            await self._session.close()

    async def _once(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None
    ) -> tuple[Answer, float]:
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=self._timeout)
        async with self._session.request(
            method, url, headers=headers, data=body, allow_redirects=False, ssl=self._tls
        ) as response:
            found = await response.content.read(MOST_BYTES)
            return Answer(response.status, found), retry_after_s(response.headers) or 0.0
