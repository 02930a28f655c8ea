"""Whether people read only what the facts say: of our own writer's words, and of providers that keep to them or lie."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import isfinite
from typing import Any, Final

from aiohttp import web
from google.protobuf.message import Message

from resonance_contracts.pb.resonance.v1 import explanation_pb2
from resonance_llm_orchestrator.alerts.brief_of import brief_of
from resonance_llm_orchestrator.brief import Text
from resonance_llm_orchestrator.budgets.ledger import Allowance
from resonance_llm_orchestrator.claims.checking import unfaithful
from resonance_llm_orchestrator.claims.known import Known, known_of
from resonance_llm_orchestrator.facts import facts_of
from resonance_llm_orchestrator.number_guard import made_up, numbers_of
from resonance_llm_orchestrator.routing.breaker import BreakerPolicy
from resonance_narration import Language, Role, describe_alert
from tests.support.llm_server import PROVIDERS, Respond, completion, llm_server
from tests.support.llm_writer import provider, routes_of, scene
from tests.untrusted.explained import draft
from tests.untrusted.paraphrases import Lie, Words, paraphrased

SCALES: Final = (1.0, 100.0, 1 / 60, 1 / 3_600, 1e-3, 1e-6)
"""Units that people read: percent, minutes, hours, kilobytes and megabytes."""
AT_ONCE: Final = 8
DEADLINE_S: Final = 20.0
RETRY_AFTER: Final = " retry_after"
"""A field of our own messages that advice for developers names."""
NOTHING: Final = Text("", "", [])


def invented(told: explanation_pb2.Explanation) -> Iterator[str]:
    """What our own writer says of an explanation, in both languages and to all readers, that is not in it."""
    asked, facts = brief_of(draft(told)), facts_of(draft(told))
    numbers = frozenset(abs(number) * scale for number in _numbers(told) for scale in SCALES) | frozenset(
        number for text in _texts(asked.facts) for number in numbers_of(text)
    )
    entries = [
        {"name": one.feature, "value": one.value, "compared_value": one.reference, "attribution": one.attribution}
        for one in told.attributions
    ]
    held = _Held(
        known_of({**asked.facts, "all": entries}),
        numbers,
        [name for name in (told.scorer.model_version, told.scorer.rules_version, told.user_key) if name],
        json.dumps(asked.facts) + RETRY_AFTER,
    )
    for language in Language:
        for role in Role:
            words = describe_alert(facts, language, role)
            yield from held.against(Text(words.title, words.summary, words.recommendations), language)
    for text in told.texts:
        # Attributions of the technical text are rounded so that they add up; they are held against the sum elsewhere.
        yield from held.against(Text("", text.natural, []), Language(text.language))


@dataclass(frozen=True, slots=True)
class _Held:
    """What a text is held against: features, numbers, names whose digits are none, and everything that was told."""

    known: Known
    numbers: frozenset[float]
    names: Sequence[str]
    told: str

    def against(self, text: Text, language: Language) -> Iterator[str]:
        whole = "\n".join((text.title, text.summary, *text.recommendations))
        yield from (f"the number {one}: {whole}" for one in made_up(whole, self.numbers, self.names))
        yield from (f"{fault} {whole}" for fault in unfaithful(text, language, self.known, self.told, NOTHING))


def _numbers(message: Message) -> Iterator[float]:
    for descriptor, value in message.ListFields():
        for one in value if descriptor.is_repeated else [value]:
            if isinstance(one, Message):
                yield from _numbers(one)
            elif isinstance(one, (int, float)) and not isinstance(one, bool) and isfinite(one):
                yield float(one)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for part in value.values():
            yield from _texts(part)
    elif isinstance(value, (list, tuple)):
        for part in value:
            yield from _texts(part)
    elif isinstance(value, str):
        yield value


@dataclass(slots=True)
class Course:
    """What came of one kind of answer.

    Attributes:
        answers: Answers of the first provider that were looked at.
        refused: How many of them were not taken.
        authors: Whose words the callers got instead, or as well.
        shown: Lies that a caller got.
        seconds: The slowest, until the caller had words.
    """

    answers: int = 0
    refused: int = 0
    authors: Counter[str] = field(default_factory=Counter)
    shown: list[str] = field(default_factory=list)
    seconds: float = 0.0


Kind = tuple[Lie | None, str]
"""A lie, and the language that it is told in; None and "" of words that keep to the facts."""
KINDS: Final[Sequence[Kind]] = ((None, ""), *((lie, language) for lie in Lie for language in ("en", "ru")))


async def played(explanations: Sequence[explanation_pb2.Explanation]) -> dict[Kind, Course]:
    """Alerts about explanations, worded by providers of which the first lies, each in its own way in turn.

    The other provider keeps to the facts, in other words. What a caller gets is one of the two answers to the letter.
    """
    courses = {kind: Course() for kind in KINDS}
    async with llm_server() as server:
        # Whoever lies so often would not be asked any more.
        routes = replace(routes_of(PROVIDERS), breaker=BreakerPolicy(failures=10**9), allowance=Allowance())
        told = scene([provider(name, server.url) for name in PROVIDERS], routes=routes)
        lies: dict[str, Kind] = {}
        for name in PROVIDERS:
            server.plan[name] = _Always(_answering(name, lies))
        slots = asyncio.Semaphore(AT_ONCE)

        async def one(number: int) -> None:
            kind = KINDS[number % len(KINDS)]
            asked = brief_of(draft(explanations[number]))
            lies[_mark(asked.facts)] = kind
            async with slots:
                wording, seconds = await told.write(asked, DEADLINE_S)
            course = courses[kind]
            course.answers += 1
            course.seconds = max(course.seconds, seconds)
            course.authors[wording.provider] += 1
            course.refused += any(reason.startswith(f"{PROVIDERS[0]}: broken_answer") for reason in wording.degraded)
            honest = paraphrased(asked.facts, _seed(asked.facts), None)
            lie = paraphrased(asked.facts, _seed(asked.facts), *kind)
            for language, text in wording.texts.items():
                if kind[0] is not None and lie is not None and honest is not None:
                    lied = lie[language]
                    if lied != honest[language] and text.summary == lied["summary"]:
                        course.shown.append(text.summary)

        await asyncio.gather(*map(one, range(len(explanations))))
        await told.writer.close()
    return courses


class _Always(list[Respond]):
    """A plan that has no end."""

    def __init__(self, respond: Respond) -> None:
        super().__init__([respond])
        self._respond = respond

    def pop(self, _: Any = 0) -> Respond:
        """The same again."""
        return self._respond


def _answering(name: str, lies: Mapping[str, Kind]) -> Respond:
    async def respond(_: web.Request, of: str, body: dict[str, Any]) -> web.StreamResponse:
        facts = json.loads(next(m["content"] for m in body["messages"] if m["role"] == "user"))["facts"]
        lie, language = lies[_mark(facts)] if name == PROVIDERS[0] else (None, "")
        words: Words | None = paraphrased(facts, _seed(facts), lie, language)
        if words is None:
            words = {language: {"title": "", "summary": "", "recommendations": []} for language in ("en", "ru")}
        return web.json_response(completion(of, json.dumps(words, ensure_ascii=False)))

    return respond


def _mark(facts: Mapping[str, Any]) -> str:
    """What a server knows an alert by: its numbers."""
    return json.dumps([facts["opened"], facts["features"]])


def _seed(facts: Mapping[str, Any]) -> int:
    return sum(_mark(facts).encode())
