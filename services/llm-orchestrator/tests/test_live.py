"""Words are shown while they are written: only what was judged, of one author, and the end says what counts."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web

from resonance_llm_orchestrator.brief import Wording
from resonance_llm_orchestrator.writing.live import LiveWriter
from resonance_llm_orchestrator.writing.streams import Streams
from resonance_llm_orchestrator.writing.unfolding import Sentence
from resonance_narration import Language
from tests.support.llm_faults import STREAM_FAULTS
from tests.support.llm_server import WORDS, LlmServer, events, llm_server, streamed
from tests.support.llm_writer import OFFLINE_TEXTS, Scene, brief, provider, scene

ASKED = brief(Language.ENGLISH)
SHOWN = [
    ("title", "Message flood by one user"),
    ("summary", "The user sent 187 messages a minute, where 12.5 are usual."),
    ("recommendations", "Limit the user to 100 messages a minute."),
    ("recommendations", "Ask whether a client is in a loop."),
]


@pytest.fixture
async def server() -> AsyncIterator[LlmServer]:
    async with llm_server() as running:
        yield running


@pytest.fixture
async def played(server: LlmServer) -> AsyncIterator[Scene]:
    made = scene([provider(name, server.url) for name in ("openai", "anthropic")])
    yield made
    await made.writer.close()


class Live:
    """A live writer and what it told."""

    def __init__(self, played: Scene) -> None:
        self.told: list[tuple[str, str]] = []
        writer = played.writer
        streams = Streams(
            played.desk, writer._providers, writer.spending, played.outcomes.append, lambda low, high: low
        )
        self.writer = LiveWriter(writer, played.desk, streams, self.tell)

    async def tell(self, sentence: Sentence) -> None:
        self.told.append((sentence.place, sentence.text))

    async def write(self, deadline_s: float = 3.0) -> Wording:
        return await self.writer.write(ASKED, asyncio.get_running_loop().time() + deadline_s)


def answers(server: LlmServer, words: dict[str, Any], pieces: int = 40, pause_s: float = 0.0, keep: int = 1000) -> None:
    """Lets openai stream some words, as far as so many events."""

    async def respond(request: web.Request, name: str, _: dict[str, Any]) -> web.StreamResponse:
        text = json.dumps({"en": words})
        return await streamed(request, events(name, text, pieces=pieces)[:keep], pause_s)

    server.plan["openai"] = [respond]


async def test_sentences_are_told_as_they_end_and_the_whole_is_the_answer(played: Scene, server: LlmServer) -> None:
    answers(server, WORDS["en"])
    live = Live(played)
    wording = await live.write()
    assert live.told == SHOWN and live.writer.withdrawn == ""
    assert (wording.provider, wording.degraded) == ("openai", ())
    assert wording.texts[Language.ENGLISH].title == "Message flood by one user"


async def test_the_first_sentence_is_there_long_before_the_last(played: Scene, server: LlmServer) -> None:
    answers(server, WORDS["en"], pieces=40, pause_s=0.02)
    live = Live(played)
    work = asyncio.create_task(live.write())
    async with asyncio.timeout(3):
        while not live.told:
            await asyncio.sleep(0.01)
    assert not work.done() and len(live.told) < len(SHOWN)
    await work
    assert live.told == SHOWN


async def test_kept_words_are_not_told_and_not_paid_again(played: Scene, server: LlmServer) -> None:
    answers(server, WORDS["en"])
    first = await Live(played).write()
    async with asyncio.timeout(3):
        while played.writer._pending:
            await asyncio.sleep(0.01)
    again = Live(played)
    assert await again.write() == first
    assert again.told == [] and server.count("openai") == 1


@pytest.mark.parametrize("name", ["cut", "ends_early", "error_inside", "stalled"])
async def test_a_stream_that_breaks_off_is_withdrawn_and_nobody_goes_on_with_it(
    played: Scene, server: LlmServer, name: str
) -> None:
    async def respond(request: web.Request, of: str, body: dict[str, Any]) -> web.StreamResponse:
        fault = STREAM_FAULTS[name].respond
        assert fault is not None
        return await fault(request, of, body)

    server.plan["openai"] = [respond]
    live = Live(played)
    wording = await live.write(1.0)
    assert live.told and live.told == SHOWN[: len(live.told)]
    assert live.writer.withdrawn.startswith(f"openai: {STREAM_FAULTS[name].kind}: ")
    assert (wording.provider, wording.texts[Language.ENGLISH]) == ("offline", OFFLINE_TEXTS[Language.ENGLISH])
    assert list(wording.degraded) == [live.writer.withdrawn]
    assert (server.count("openai"), server.count("anthropic")) == (1, 0)


@pytest.mark.parametrize(
    ("place", "text", "kind"),
    [
        ("summary", "The user sent 424242 messages.", "broken_answer"),
        ("summary", "The user is a hacker.", "vetoed"),
        ("summary", "Look at https://evil.test now.", "vetoed"),
        ("title", "The culprit was found", "vetoed"),
    ],
)
async def test_what_may_not_be_shown_is_never_told_and_what_was_told_is_withdrawn(
    played: Scene, server: LlmServer, place: str, text: str, kind: str
) -> None:
    good = WORDS["en"]
    answers(server, {**good, place: f"{good[place]} {text} All is well otherwise."})
    live = Live(played)
    wording = await live.write()
    assert text not in " ".join(said for _, said in live.told)
    assert live.told == SHOWN[: len(live.told)]
    assert bool(live.writer.withdrawn) == bool(live.told)
    assert wording.provider == "offline" and wording.degraded[0].startswith(f"openai: {kind}: ")
    assert server.count("anthropic") == 0


async def test_a_sentence_that_a_later_one_makes_right_is_held_back_until_the_whole_is_judged(
    played: Scene, server: LlmServer
) -> None:
    words = {**WORDS["en"], "summary": "Messages came because of a loop. That is likely, not certain."}
    answers(server, words)
    live = Live(played)
    wording = await live.write()
    assert [said for place, said in live.told if place == "summary"] == [
        "Messages came because of a loop.",
        "That is likely, not certain.",
    ]
    assert (wording.provider, live.writer.withdrawn) == ("openai", "")


@pytest.mark.parametrize("name", ["429", "529"])
async def test_who_does_not_begin_is_replaced_and_nothing_is_withdrawn(
    played: Scene, server: LlmServer, name: str
) -> None:
    respond = STREAM_FAULTS[name].respond
    assert respond is not None
    server.plan["openai"] = [respond]
    live = Live(played)
    wording = await live.write()
    assert (wording.provider, live.writer.withdrawn) == ("anthropic", "")
    assert live.told == SHOWN and wording.degraded[0].startswith("openai: ")


async def test_who_is_silent_before_the_first_piece_leaves_time_for_the_next(played: Scene, server: LlmServer) -> None:
    async def silent(_: web.Request, __: str, ___: dict[str, Any]) -> web.StreamResponse:
        await asyncio.sleep(30)
        return web.Response()

    server.plan["openai"] = [silent]
    live = Live(played)
    wording = await live.write(1.0)
    assert (wording.provider, live.told) == ("anthropic", SHOWN)


async def test_prose_instead_of_an_answer_is_told_to_nobody(played: Scene, server: LlmServer) -> None:
    async def prose(request: web.Request, name: str, _: dict[str, Any]) -> web.StreamResponse:
        return await streamed(request, events(name, "Sure! Here is your alert. It is bad."))

    server.plan["openai"] = [prose]
    live = Live(played)
    wording = await live.write()
    assert (wording.provider, live.told, live.writer.withdrawn) == ("offline", [], "")


async def test_without_a_provider_our_own_writer_answers_and_nothing_is_told() -> None:
    live = Live(scene([]))
    assert (await live.write()).provider == "offline" and live.told == []
