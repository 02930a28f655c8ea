"""The three measurements of the benchmark `orchestrator`."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import uvloop

from resonance_contracts.pb.resonance.v1 import alert_pb2, explanation_pb2
from resonance_contracts.topics import EXPLANATIONS_PRODUCED
from resonance_llm_orchestrator.alerts.authors import Authors
from resonance_llm_orchestrator.alerts.brief_of import brief_of
from resonance_llm_orchestrator.handlers import ExplanationHandler
from resonance_llm_orchestrator.writing.question import question_of
from resonance_runtime.records import Outgoing, Record
from tests.bench.writing.scene import Timed, draft, explained
from tests.support.llm_writer import routes_of, scene

CONCURRENCY: Final = 16
PROVIDER_S: Final = 0.1
BATCH: Final = 100
WARMING: Final = 3 * CONCURRENCY
"""Requests that come first and are not counted: forms, schemas and instructions are made once."""


@dataclass(frozen=True, slots=True)
class Added:
    """Milliseconds of each request.

    Attributes:
        ours: Beside the provider and its SDK.
        whole: From the brief to the words.
    """

    ours: Sequence[float]
    whole: Sequence[float]


def p99(numbers: Sequence[float]) -> float:
    """99th percentile."""
    return float(np.quantile(numbers, 0.99))


def added(requests: int) -> Added:
    """Alerts written by a provider of fixed time, so many at once; none of them twice."""

    async def run() -> Added:
        provider = Timed(PROVIDER_S)
        routes = replace(routes_of([provider.name]), concurrency={provider.name: CONCURRENCY})
        writer = scene([provider], routes=routes).writer
        drafts = [draft(number) for number in range(requests)]
        ours, whole = [], []

        async def one(number: int) -> None:
            asked = drafts[number]
            started = time.perf_counter()
            wording = await writer.write(brief_of(asked), asyncio.get_running_loop().time() + 10)
            took = time.perf_counter() - started
            assert wording.provider == provider.name, wording.degraded
            ours.append((took - provider.own()) * 1e3)
            whole.append(took * 1e3)

        await _at_once(one, requests)
        await writer.close()
        return Added(ours[WARMING:], whole[WARMING:])

    return uvloop.run(run())


def bare(requests: int) -> list[float]:
    """The same questions to the SDK alone, milliseconds."""

    async def run() -> list[float]:
        provider = Timed(PROVIDER_S)
        briefs = [brief_of(draft(number)) for number in range(requests)]
        prompts = [question_of(brief, brief.facts, {}).prompt for brief in briefs]
        whole = []

        async def one(number: int) -> None:
            started = time.perf_counter()
            await provider.complete(prompts[number], asyncio.get_running_loop().time() + 10)
            whole.append((time.perf_counter() - started) * 1e3)

        await _at_once(one, requests)
        await provider.close()
        return whole[WARMING:]

    return uvloop.run(run())


def offline(alerts: int) -> float:
    """Explained alerts a second, from the record's bytes to those of the enriched alert, in both languages."""
    payloads = [explained(number).SerializeToString() for number in range(alerts)]

    async def run() -> float:
        sent: list[bytes] = []

        async def send(records: Sequence[Outgoing]) -> None:
            sent.extend(record.value.SerializeToString(deterministic=True) for record in records)

        handler = ExplanationHandler(send, Authors(scene([]).writer, 4.0), _NoStore(), 8)
        started = time.perf_counter()
        for first in range(0, alerts, BATCH):
            await handler.explained([_record(payload) for payload in payloads[first : first + BATCH]])
        seconds = time.perf_counter() - started
        assert len(sent) == alerts
        assert {text.language for text in alert_pb2.EnrichedAlert.FromString(sent[0]).texts} == {"en", "ru"}
        return alerts / seconds

    return uvloop.run(run())


async def _at_once(one: Callable[[int], Awaitable[None]], requests: int) -> None:
    numbers = iter(range(requests))

    async def worker() -> None:
        for number in numbers:
            await one(number)

    await asyncio.gather(*(worker() for _ in range(CONCURRENCY)))


def _record(payload: bytes) -> Record[Any]:
    value = explanation_pb2.Explanation.FromString(payload)
    return Record(EXPLANATIONS_PRODUCED, 0, 0, value.vector_id, 0, None, value, {})


class _NoStore:
    """Nothing is kept where our own writer writes: its words come out the same again."""

    async def find(self, id_: str) -> alert_pb2.EnrichedAlert | None:
        """See `WordStore.find`."""
        raise AssertionError("nobody looks for words that come out the same again")

    async def keep(self, id_: str, alert: alert_pb2.EnrichedAlert) -> alert_pb2.EnrichedAlert:
        """See `WordStore.keep`."""
        raise AssertionError("nobody keeps words that come out the same again")

    async def forget(self, user_key: str) -> None:
        """See `WordStore.forget`."""

    async def close(self) -> None:
        """See `WordStore.close`."""
