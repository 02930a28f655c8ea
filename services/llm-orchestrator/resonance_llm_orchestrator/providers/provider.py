"""What every provider of words offers: one attempt, one request, one complete answer or one typed failure."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import httpx2

from resonance_llm_orchestrator.failures import FailureKind, ProviderFailure, Usage


@dataclass(frozen=True, slots=True)
class Rejected:
    """An answer that was not taken, for a second try.

    Attributes:
        text: What the provider wrote.
        complaint: What is wrong with it, a sentence of ours.
    """

    text: str
    complaint: str


@dataclass(frozen=True, slots=True)
class Prompt:
    """A question to a provider.

    Attributes:
        version: Name of the file the instructions come from.
        instructions: Our own words alone; nothing from a record is ever in them.
        data: JSON object with the facts.
        schema: JSON schema of the answer; None for plain text.
        rejected: The answer to the same question that was not taken; None at the first try.
    """

    version: str
    instructions: str
    data: str
    schema: Mapping[str, Any] | None = None
    rejected: Rejected | None = None


@dataclass(frozen=True, slots=True)
class Completion:
    """A complete answer.

    Attributes:
        text: What was written; the provider said that it ended there by itself.
        model: Model that wrote it, as the provider names it.
        usage: What it cost; None where the provider does not say.
    """

    text: str
    model: str
    usage: Usage | None


class Provider(Protocol):
    """A service that writes, with one model."""

    @property
    def name(self) -> str:
        """Name in authorship, reasons and metrics."""

    @property
    def model(self) -> str:
        """Model that is asked for."""

    @property
    def max_tokens(self) -> int:
        """Longest answer, tokens."""

    async def complete(self, prompt: Prompt, deadline: float) -> Completion:
        """Sends one request and waits until `deadline`, a time of the running loop's clock.

        Raises:
            ProviderFailure: There is no complete answer.
        """

    def stream(self, prompt: Prompt, deadline: float) -> AsyncGenerator[str | Completion, None]:
        """Sends one request and gives the text piece by piece, then the whole of it as a `Completion`.

        The text is complete when the `Completion` came, and only then.

        Raises:
            ProviderFailure: The text did not end by itself; the pieces until then are of no use.
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
        raise disconnected(error) from error


def disconnected(error: BaseException) -> ProviderFailure:
    """Failure of a connection; where it was never made, no model has worked."""
    cause = error.__cause__ or error
    never = isinstance(cause, httpx2.ConnectError | ConnectionRefusedError)
    sentence = f"The connection failed ({type(error).__name__})."
    return ProviderFailure(FailureKind.UNAVAILABLE, sentence, may_cost=not never)
