"""Answers told while they are written: HTTP at the gateway, Kafka, the orchestrator, a provider on the loopback."""

from __future__ import annotations

import json
import sys
import time
import urllib.request
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

import aiohttp
import jwt
import pytest
from aiohttp import web

from resonance_local.child import Child
from resonance_local.ports import Ports
from resonance_local.stack import Stack
from tests.support.llm_faults import STREAM_FAULTS
from tests.support.llm_server import OPENAI, LlmServer, events, llm_server, streamed

pytestmark = [pytest.mark.embedded, pytest.mark.kafka]

DEADLINE_S = 120
QUESTION = {
    "anomaly_data": {"type": "message_flood", "features": {"messages_per_minute": 187.0}, "user_id": "alice"},
    "ml_explanation": {"messages_per_minute": 0.875},
    "deadline_ms": 8_000,
}
WORDS = {
    "title": "Unusual flow of messages",
    "summary": "Messages came faster than usual. It may be a loop of a client.",
    "recommendations": ["Look at the client.", "Ask whether it was a test."],
}


@dataclass
class Way:
    """From HTTP to the provider and back."""

    address: str
    headers: dict[str, str]
    server: LlmServer

    def answers(self, words: dict[str, Any], pause_s: float = 0.0, keep: int = 1000) -> None:
        """Lets openai stream words, as far as so many events."""

        async def respond(request: web.Request, name: str, body: dict[str, Any]) -> web.StreamResponse:
            parts = events(name, json.dumps({"en": words}), pieces=30)[:keep]
            return await streamed(request, parts, pause_s)

        self.server.plan[OPENAI] = [respond]

    def fails(self, name: str) -> None:
        """Lets openai have a fault in its next stream, after words of ours have begun."""

        async def respond(request: web.Request, of: str, body: dict[str, Any]) -> web.StreamResponse:
            fault = STREAM_FAULTS[name].respond
            assert fault is not None
            return await fault(request, of, body)

        self.server.plan[OPENAI] = [respond]


@pytest.fixture(scope="module")
def processes(parts: Stack, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, int]]:
    """Where a gateway listens, and where its orchestrator expects openai."""
    folder, port_of_openai = tmp_path_factory.mktemp("streaming"), Ports().any()
    own = {
        "gateway": {},
        "llm_orchestrator": {
            "OPENAI_API_KEY": "sk-open",
            "OPENAI_BASE_URL": f"http://127.0.0.1:{port_of_openai}/v1",
        },
    }
    children, port = [], 0
    for name in ("llm_orchestrator", "gateway"):
        port = Ports().any()
        settings = {
            **parts.environment,
            "RESONANCE_HTTP_PORT": str(port),
            "RESONANCE_INSTANCE": f"streaming-{name}",
            **own[name],
        }
        child = Child(name, [sys.executable, "-m", f"resonance_{name}"], settings, folder / f"{name}.log")
        child.start()
        children.append(child)
        await_ready(port, child)
    yield f"http://127.0.0.1:{port}", port_of_openai
    for child in children:
        child.stop(15)


def await_ready(port: int, child: Child) -> None:
    """A question that is asked too early is answered all the same, later, and its words are kept."""
    deadline = time.monotonic() + DEADLINE_S
    while True:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5).close()
            return
        except OSError:
            assert child.exit_status is None and time.monotonic() < deadline, child.last_words()
            time.sleep(0.1)


@pytest.fixture
async def way(parts: Stack, processes: tuple[str, int]) -> AsyncIterator[Way]:
    address, port_of_openai = processes
    claims = {"sub": "olga", "exp": time.time() + 600, "jti": "olga", "roles": ["operator"]}
    headers = {
        "Authorization": f"Bearer {jwt.encode(claims, parts.jwt_secret, 'HS256')}",
        "Accept": "text/event-stream",
        "Accept-Language": "en",
    }
    async with llm_server(port_of_openai) as server:
        yield Way(address, headers, server)


def asked(number: int) -> dict[str, Any]:
    """A question that nobody asked before: words that are kept are not told."""
    return {**QUESTION, "anomaly_data": {**QUESTION["anomaly_data"], "confidence": 0.5 + number / 1000}}


async def read(answer: aiohttp.ClientResponse) -> list[tuple[str, Any]]:
    """All events."""
    blocks = (await answer.text()).split("\n\n")
    return [
        (block.partition("\n")[0].removeprefix("event: "), json.loads(block.partition("\ndata: ")[2]))
        for block in blocks
        if block
    ]


async def tell(way: Way, number: int) -> list[tuple[str, Any]]:
    """Asks, and gives all events."""
    async with (
        aiohttp.ClientSession(headers=way.headers) as http,
        http.post(f"{way.address}/ml/analyze/anomaly", json=asked(number)) as answer,
    ):
        assert answer.status == 200, await answer.text()
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        return await read(answer)


def words_of(told: list[tuple[str, Any]]) -> list[str]:
    return [data["text"] for name, data in told if name == "words"]


async def test_sentences_come_one_by_one_and_then_the_whole_answer(way: Way) -> None:
    way.answers(WORDS)
    told = await tell(way, 1)
    assert words_of(told) == [
        "Unusual flow of messages",
        "Messages came faster than usual.",
        "It may be a loop of a client.",
        "Look at the client.",
        "Ask whether it was a test.",
    ]
    name, answer = told[-1]
    assert (name, answer["written"]["provider"], answer["summary"]) == ("answer", "openai", WORDS["summary"])
    assert answer["severity"] and answer["recommendations"] == WORDS["recommendations"]


@pytest.mark.parametrize(("number", "name"), [(2, "cut"), (3, "ends_early"), (4, "error_inside")])
async def test_words_of_a_stream_that_breaks_off_are_withdrawn_with_an_answer_in_their_place(
    way: Way, number: int, name: str
) -> None:
    way.answers(WORDS, keep=20) if name == "ends_early" else way.fails(name)
    told = await tell(way, number)
    last, data = told[-1]
    if words_of(told):
        assert (last, data["status"], data["type"]) == ("withdrawn", 502, "/problems/the-words-were-withdrawn")
        data = data["answer"]
    assert data["written"]["provider"] == "offline" and data["summary"]
    assert data["written"]["degraded"][0].startswith("openai: ")
    assert way.server.count(OPENAI) == 1, "nobody goes on with it"


async def test_the_first_sentence_is_there_before_the_last_is_written_and_who_has_gone_costs_nothing_more(
    way: Way,
) -> None:
    way.answers(WORDS)
    await tell(way, 5)
    way.answers(WORDS, pause_s=0.1)
    began = time.monotonic()
    async with aiohttp.ClientSession(headers=way.headers) as http:
        answer = await http.post(f"{way.address}/ml/analyze/anomaly", json=asked(6))
        first = await answer.content.readline()
        assert first == b"event: words\n" and time.monotonic() - began < 2.0
        answer.close()
    # Whoever asks next is answered as ever, also the same question.
    way.answers(WORDS)
    assert (await tell(way, 7))[-1][0] == "answer"


async def test_whoever_does_not_ask_for_events_gets_json(way: Way) -> None:
    way.answers(WORDS)
    await tell(way, 8)
    headers = {**way.headers, "Accept": "application/json"}
    async with (
        aiohttp.ClientSession(headers=headers) as http,
        http.post(f"{way.address}/ml/analyze/anomaly", json=asked(8)) as answer,
    ):
        said = await answer.json()
    assert (said["written"]["provider"], said["summary"]) == ("openai", WORDS["summary"])
    assert way.server.count(OPENAI) == 1, "what was written once is kept, streamed or not"


async def test_a_problem_has_its_status(way: Way) -> None:
    async with (
        aiohttp.ClientSession(headers=way.headers) as http,
        http.post(f"{way.address}/ml/analyze/anomaly", json={}) as answer,
    ):
        assert (answer.status, answer.headers["Content-Type"]) == (422, "application/problem+json")
