"""The table of faults: each fault at each provider, alone and with the other one after it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from resonance_llm_orchestrator.failures import ProviderFailure
from resonance_llm_orchestrator.providers.provider import Completion, Prompt
from tests.support.llm_faults import FAULTS, STREAM_FAULTS, Fault
from tests.support.llm_server import PROVIDERS, LlmServer, llm_server
from tests.support.llm_writer import brief, provider, scene

DEADLINE_S: Final = 1.5
NOWHERE: Final = "http://127.0.0.1:9"


@dataclass(frozen=True, slots=True)
class Row:
    """What came of one fault.

    Attributes:
        fault: Name of the fault.
        providers: Who could be asked, in order; the first has the fault.
        author: Whose words the caller got.
        reasons: Kinds of the failures on the way.
        requests: Requests that came at the server, by provider in the order of `providers`.
        attempts: Attempts that were sent, as the writer counts them.
        seconds: Until the caller had words.
        dollars: What was counted as spent.
        valid: Whether every language has words.
    """

    fault: str
    providers: tuple[str, ...]
    author: str
    reasons: tuple[str, ...]
    requests: tuple[int, ...]
    attempts: int
    seconds: float
    dollars: float
    valid: bool


async def played(name: str, providers: tuple[str, ...]) -> Row:
    """One question to some providers, the first of which has a fault."""
    fault, asked = FAULTS[name], brief()
    async with llm_server() as server:
        _plan(server, providers[0], fault)
        made = [provider(p, NOWHERE if fault.respond is None and p == providers[0] else server.url) for p in providers]
        played_on = scene(made)
        wording, seconds = await played_on.write(asked, DEADLINE_S)
        await played_on.writer.close()
        return Row(
            name,
            providers,
            wording.provider,
            tuple(reason.split(": ")[1] for reason in wording.degraded),
            tuple(server.count(p) for p in providers),
            sum(outcome.asked for outcome in played_on.outcomes),
            seconds,
            played_on.cost,
            set(wording.texts) == set(asked.offline),
        )


@dataclass(frozen=True, slots=True)
class StreamRow:
    """What came of one fault in a stream.

    Attributes:
        fault: Name of the fault.
        provider: Who has it.
        kind: Of the failure; "" where the stream ended well.
        pieces: Pieces of text that came before.
        requests: Requests that came at the server.
    """

    fault: str
    provider: str
    kind: str
    pieces: int
    requests: int


async def streamed(name: str, of: str, deadline_s: float = DEADLINE_S) -> StreamRow:
    """One stream with a fault; "" is a stream without one."""
    async with llm_server() as server:
        if name:
            _plan(server, of, STREAM_FAULTS[name])
        asked, kind, pieces = provider(of, server.url), "", 0
        try:
            stream = asked.stream(Prompt("any.v1", "Write.", '{"languages":["en"]}'), _deadline(deadline_s))
            async for piece in stream:
                pieces += not isinstance(piece, Completion)
        except ProviderFailure as failure:
            kind = str(failure.kind)
        await asked.close()
        return StreamRow(name, of, kind, pieces, server.count(of))


async def whole() -> tuple[Sequence[Row], Sequence[StreamRow]]:
    """Every fault at every provider."""
    orders = [(PROVIDERS[0],), PROVIDERS, (PROVIDERS[1],), PROVIDERS[::-1]]
    rows = [await played(name, order) for name in FAULTS for order in orders]
    return rows, [await streamed(name, of) for name in STREAM_FAULTS for of in PROVIDERS]


def _plan(server: LlmServer, name: str, fault: Fault) -> None:
    if fault.respond is not None:
        server.plan[name] = [fault.respond] * (100 if fault.stays else 1)


def _deadline(seconds: float) -> float:
    return asyncio.get_running_loop().time() + seconds
