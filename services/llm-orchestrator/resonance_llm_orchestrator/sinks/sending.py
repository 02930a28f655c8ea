"""One notification over HTTP, tried again until it arrives, is refused for good, or its time is over."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

import aiohttp

from resonance_llm_orchestrator.notifying.decision import Outcome
from resonance_llm_orchestrator.retry_after import retry_after_s
from resonance_llm_orchestrator.sinks.requests import NotSet, Request
from resonance_runtime.retry import delays
from resonance_runtime.wall_clock import now_us

FIRST_DELAY_S: Final = 0.5
LONGEST_DELAY_S: Final = 30.0
LONGEST_ANSWER: Final = 300
_AGAIN: Final = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS})


@dataclass(frozen=True, slots=True)
class _Refused:
    """Why an attempt failed.

    Attributes:
        sentence: Without address and secrets.
        again: Whether another attempt may succeed.
        after_s: How long the receiver asked to wait, seconds.
    """

    sentence: str
    again: bool
    after_s: float = 0.0


class Sender:
    """Sends requests.

    Args:
        http: Opens connections.
        give_up_s: Longest time from the first attempt to the last, seconds.
    """

    def __init__(self, http: aiohttp.ClientSession, give_up_s: float, first_delay_s: float = FIRST_DELAY_S) -> None:
        self._http = http
        self._give_up_s = give_up_s
        self._first_delay_s = first_delay_s

    async def send(self, make: Callable[[], Request], timeout_s: float) -> Outcome:
        """What became of it; `make` is called for each attempt, since secrets may be replaced meanwhile."""
        until = time.monotonic() + self._give_up_s
        for attempts, delay in enumerate(delays(self._first_delay_s, LONGEST_DELAY_S), start=1):
            refused = await self._attempt(make, min(timeout_s, max(0.1, until - time.monotonic())))
            if refused is None:
                return Outcome(now_us(), attempts)
            # Jitter is on top: all that were told the same time would come back at once.
            wait = refused.after_s + delay
            if not refused.again:
                return Outcome(now_us(), attempts, refused.sentence)
            if time.monotonic() + wait > until:
                sentence = f"{refused.sentence} It was given up after {attempts} attempts."
                return Outcome(now_us(), attempts, sentence)
            await asyncio.sleep(wait)
        raise AssertionError("delays() has no end")

    async def _attempt(self, make: Callable[[], Request], timeout_s: float) -> _Refused | None:
        try:
            request = make()
        except NotSet as error:
            return _Refused(str(error), again=True)
        try:
            async with (
                asyncio.timeout(timeout_s),
                self._http.post(
                    request.url, data=request.body, headers=request.headers, allow_redirects=False
                ) as answer,
            ):
                if 200 <= answer.status < 300:
                    return None
                said = (await answer.content.read(LONGEST_ANSWER)).decode("utf-8", "replace")
                return _refused(answer.status, retry_after_s(answer.headers) or 0.0, " ".join(said.split()))
        except TimeoutError:
            return _Refused(f"The receiver did not answer within {timeout_s:g} s.", again=True)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            # Its text may hold the address, which is a secret of some receivers.
            return _Refused(f"The receiver was not reached ({type(error).__name__}).", again=True)


def _refused(status: int, after_s: float, said: str) -> _Refused:
    again = status >= 500 or status in _AGAIN
    detail = f": {said[:LONGEST_ANSWER]}" if said else ""
    return _Refused(f"The receiver answered {status}{detail}.", again, after_s)
