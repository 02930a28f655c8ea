"""What every provider of words offers: one attempt, one request, one complete answer or one typed failure."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

import httpx2

from resonance_llm_orchestrator.failures import FailureKind, ProviderFailure


@dataclass(frozen=True, slots=True)
class Prompt:
    """A question to a provider.

    Attributes:
        version: Name of the file the instructions come from.
        instructions: Our own words alone; nothing from a record is ever in them.
        data: JSON object with the facts.
    """

    version: str
    instructions: str
    data: str


@dataclass(frozen=True, slots=True)
class Completion:
    """A complete answer.

    Attributes:
        text: What was written; the provider said that it ended there by itself.
        model: Model that wrote it, as the provider names it.
        tokens_in, tokens_out: What it cost; 0 where the provider does not say.
    """

    text: str
    model: str
    tokens_in: int
    tokens_out: int


class Provider(Protocol):
    """A service that writes."""

    @property
    def name(self) -> str:
        """Name in authorship, reasons and metrics."""

    async def complete(self, prompt: Prompt, deadline: float) -> Completion:
        """Sends one request and waits until `deadline`, a time of the running loop's clock.

        Raises:
            ProviderFailure: There is no complete answer.
        """

    async def close(self) -> None:
        """Closes the connections."""


@asynccontextmanager
async def until(deadline: float) -> AsyncIterator[float]:
    """Gives the seconds that are left and ends the work inside at the deadline.

    The time limits of an HTTP client are per read: a server that sends a byte a second never exceeds them.
    What breaks below an SDK (a broken socket, a body that is not what its headers say) is a failure as well.

    Raises:
        ProviderFailure: The deadline passed, or the connection broke.
    """
    left = deadline - asyncio.get_running_loop().time()
    try:
        async with asyncio.timeout_at(deadline):
            yield left
    except (TimeoutError, httpx2.TimeoutException) as error:
        raise ProviderFailure(FailureKind.TIMEOUT, f"No complete answer came within {left:.1f} s.") from error
    except (httpx2.HTTPError, OSError) as error:
        sentence = f"The connection failed ({type(error).__name__})."
        raise ProviderFailure(FailureKind.UNAVAILABLE, sentence) from error
