"""A stream has one author: whoever said the first piece."""

from __future__ import annotations

from asyncio import get_running_loop
from collections.abc import AsyncIterator

import pytest

from resonance_llm_orchestrator.failures import FailureKind, ProviderFailure
from resonance_llm_orchestrator.providers.provider import Completion, Prompt
from resonance_llm_orchestrator.routing.breaker import BreakerState
from resonance_llm_orchestrator.writing.streams import Streams
from tests.support.llm_faults import STREAM_FAULTS
from tests.support.llm_server import LlmServer, llm_server
from tests.support.llm_writer import Scene, provider, scene

PROMPT = Prompt("any.v1", "Write.", '{"languages":["en"]}')
BEFORE = [name for name in STREAM_FAULTS if name in ("429", "529", "html")]
AFTER = ["cut", "ends_early", "error_inside", "truncated"]


@pytest.fixture
async def server() -> AsyncIterator[LlmServer]:
    async with llm_server() as running:
        yield running


@pytest.fixture
async def played(server: LlmServer) -> AsyncIterator[Scene]:
    made = scene([provider(name, server.url) for name in ("openai", "anthropic")])
    yield made
    await made.writer.close()


async def read(played: Scene, pieces: list[str | Completion]) -> None:
    writer = played.writer
    streams = Streams(played.desk, writer._providers, writer.spending, played.outcomes.append, lambda low, high: low)
    async for piece in streams.stream("analyze_anomaly", PROMPT, get_running_loop().time() + 3.0):
        pieces.append(piece)


def plan(server: LlmServer, name: str) -> None:
    respond = STREAM_FAULTS[name].respond
    assert respond is not None
    server.plan["openai"] = [respond]


async def test_pieces_come_and_then_the_whole(played: Scene, server: LlmServer) -> None:
    pieces: list[str | Completion] = []
    await read(played, pieces)
    end = pieces.pop()
    assert isinstance(end, Completion) and "".join(map(str, pieces)) == end.text
    assert played.writer.spending.spent["day"] == 2_025_000
    assert (server.count("openai"), server.count("anthropic")) == (1, 0)


@pytest.mark.parametrize("name", BEFORE)
async def test_who_fails_before_the_first_piece_is_replaced(played: Scene, server: LlmServer, name: str) -> None:
    plan(server, name)
    pieces: list[str | Completion] = []
    await read(played, pieces)
    assert isinstance(pieces[-1], Completion) and pieces[-1].model == "claude-haiku-5-5"
    assert (server.count("openai"), server.count("anthropic")) == (1, 1)


@pytest.mark.parametrize("name", AFTER)
async def test_who_fails_after_it_is_not(played: Scene, server: LlmServer, name: str) -> None:
    plan(server, name)
    pieces: list[str | Completion] = []
    with pytest.raises(ProviderFailure) as caught:
        await read(played, pieces)
    assert caught.value.kind == STREAM_FAULTS[name].kind
    assert pieces and not any(isinstance(piece, Completion) for piece in pieces)
    assert (server.count("openai"), server.count("anthropic")) == (1, 0)
    assert played.writer.spending.spent["day"] > 0, "a stream that was cut is not free"


async def test_nobody_to_ask_is_a_failure() -> None:
    with pytest.raises(ProviderFailure) as caught:
        await read(scene([]), [])
    assert caught.value.kind is FailureKind.UNAVAILABLE


async def test_a_stream_that_nobody_reads_to_its_end_is_not_taken_for_an_answer(
    played: Scene, server: LlmServer
) -> None:
    writer = played.writer
    streams = Streams(played.desk, writer._providers, writer.spending, played.outcomes.append)
    stream = streams.stream("analyze_anomaly", PROMPT, get_running_loop().time() + 3.0)
    assert await anext(stream)
    await stream.aclose()
    assert [outcome.word for outcome in played.outcomes] == ["timeout"]
    assert played.desk.gates["openai"].state() is BreakerState.CLOSED
    assert writer.spending.spent["day"] > 0, "what was asked for may cost"
