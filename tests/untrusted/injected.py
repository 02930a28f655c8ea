"""What becomes of texts from outside on their way through every task, and of models that obey them."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Final

from aiohttp import web
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter, SpanExportResult
from prometheus_client import generate_latest

from resonance_contracts.pb.resonance.v1 import request_pb2
from resonance_llm_orchestrator.brief import Guard
from resonance_llm_orchestrator.budgets.ledger import Allowance, LocalLedger
from resonance_llm_orchestrator.caching.local import LocalCache
from resonance_llm_orchestrator.guard.guarding import ConstitutionalGuard
from resonance_llm_orchestrator.routing.breaker import BreakerPolicy
from resonance_llm_orchestrator.routing.desk import Desk
from resonance_llm_orchestrator.tasks.answering import Answering
from resonance_llm_orchestrator.tasks.incidents import RecentIncidents
from resonance_llm_orchestrator.tasks.table import handlers_of
from resonance_llm_orchestrator.writing.outcomes import Watch
from resonance_llm_orchestrator.writing.writer import RoutedWriter
from resonance_runtime import tracing
from resonance_runtime.erasures import Erasures
from resonance_runtime.errors import Problem
from resonance_runtime.health import Health
from resonance_runtime.logs import JsonFormatter
from tests.support.llm_server import PROVIDERS, LlmServer, completion, llm_server
from tests.support.llm_writer import provider, routes_of

LEFT_S: Final = 20.0
WORDS: Final[Mapping[str, Mapping[str, Any]]] = {
    "en": {
        "title": "Something is out of the ordinary",
        "summary": "What was observed is unusual; it may be harmless.",
        "recommendations": ["Look at what changed lately."],
    },
    "ru": {
        "title": "Что-то отличается от обычного",
        "summary": "Наблюдается необычное; возможно, это безобидно.",
        "recommendations": ["Посмотрите, что менялось в последнее время."],
    },
}
"""Words that can be taken of any facts."""
DECIDED: Final = ("severity", "recipient_role", "steps", "culprit", "parts", "rule", "confidence")
"""What code decides in answers: no text may change it."""


@dataclass
class Seen:
    """Everything that left the service, or was kept, while questions were answered.

    Attributes:
        server: Who stands for both providers, with the bodies that came.
        cache: Where words are kept.
        lines: Of the log, as they are written.
        spans: That ended.
    """

    server: LlmServer
    cache: LocalCache
    lines: list[str] = field(default_factory=list)
    spans: list[ReadableSpan] = field(default_factory=list)

    def let(self, words: Mapping[str, Any]) -> None:
        """From now on providers answer with these words."""
        for name in PROVIDERS:
            self.server.plan[name] = Endless(words)
            self.server.requests[name].clear()

    def outbound(self) -> Iterator[tuple[str, str]]:
        """Where each text was seen, and the text; providers' bodies are forgotten."""
        for name in PROVIDERS:
            bodies, self.server.requests[name] = self.server.requests[name], []
            yield from ((f"request to {name}", json.dumps(body, ensure_ascii=False)) for body in bodies)

    def kept(self) -> Iterator[tuple[str, str]]:
        """The same of everything that stays: log, metrics, traces, cache."""
        yield from (("log", line) for line in self.lines)
        yield "metrics", generate_latest().decode()
        for span in self.spans:
            events = [(event.name, dict(event.attributes or {})) for event in span.events]
            yield "trace", f"{span.name} {dict(span.attributes or {})} {events} {span.status.description}"
        for key, (_, _, kept) in self.cache._kept.items():
            yield "cache", f"{key} {json.loads(kept.encode())}"


@asynccontextmanager
async def service(guard: Guard | None = None) -> AsyncIterator[tuple[RoutedWriter, Seen]]:
    """A writer whose providers always answer with the same words, on the loopback; with the service's guard if any."""
    loop = asyncio.get_running_loop()
    async with llm_server() as server:
        routes = replace(routes_of(PROVIDERS), breaker=BreakerPolicy(failures=10**9), allowance=Allowance())
        providers = {name: provider(name, server.url) for name in PROVIDERS}
        cache = LocalCache(100_000, 3600, loop.time)
        seen = Seen(server, cache)
        seen.let(WORDS)
        writer = RoutedWriter(
            Desk(routes, {name: one.model for name, one in providers.items()}, loop.time),
            providers,
            LocalLedger(routes.allowance),
            cache,
            guard or ConstitutionalGuard(b"a key of the tests"),
            Watch(Health(60.0)),
        )
        with watched(seen):
            try:
                yield writer, seen
            finally:
                await writer.close()


class Endless(list[Any]):
    """A plan that always answers with the same words, in the languages that are wanted."""

    def __init__(self, words: Mapping[str, Any]) -> None:
        super().__init__([None])
        self.words = words

    def pop(self, _: Any = 0) -> Any:
        """See `LlmServer.plan`."""
        return self._respond

    async def _respond(self, _: web.Request, name: str, body: dict[str, Any]) -> web.StreamResponse:
        data = json.loads(next(m["content"] for m in body["messages"] if m["role"] == "user"))
        said = {key: value for key, value in self.words.items() if key in data["languages"] or key not in WORDS}
        return web.json_response(completion(name, json.dumps(said, ensure_ascii=False)))


@contextmanager
def watched(seen: Seen) -> Iterator[None]:
    """Takes down what is logged and traced."""

    class Lines(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            seen.lines.append(self.format(record))

    handler = Lines(logging.DEBUG)
    handler.setFormatter(JsonFormatter("llm-orchestrator", "test"))
    provider = trace.get_tracer_provider()
    if not isinstance(provider, TracerProvider):
        tracing.configure("llm-orchestrator", "test")
        provider = trace.get_tracer_provider()
    assert isinstance(provider, TracerProvider)
    provider.add_span_processor(SimpleSpanProcessor(_Spans(seen.spans)))
    root, level = logging.getLogger(), logging.getLogger().level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    try:
        yield
    finally:
        root.removeHandler(handler)
        root.setLevel(level)


class _Spans(SpanExporter):
    """Keeps spans."""

    def __init__(self, spans: list[ReadableSpan]) -> None:
        self._spans = spans

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """See `SpanExporter.export`."""
        self._spans.extend(spans)
        return SpanExportResult.SUCCESS


@dataclass(frozen=True, slots=True)
class Answered:
    """One answer.

    Attributes:
        answer: As JSON; {} where there is a problem instead.
        problem: What was wrong; "".
    """

    answer: Mapping[str, Any]
    problem: str = ""

    @property
    def decided(self) -> dict[str, Any]:
        """What code decided of it."""
        return {name: self.answer[name] for name in DECIDED if name in self.answer}

    @property
    def written(self) -> Mapping[str, Any]:
        """Where its words came from."""
        found: Mapping[str, Any] = self.answer.get("written", {})
        return found


async def asked(writer: Any, task: str, question: Mapping[str, Any]) -> Answered:
    """The answer of the orchestrator to a question as it comes by topic."""
    answering = Answering(handlers_of(writer, RecentIncidents(Erasures())), _nowhere, 8)
    data = json.dumps({**question, "deadline_ms": 60_000}).encode()
    with tracing.span("tasks.requested", {}):
        said = await answering.answer(request_pb2.TaskRequest(task=task, question=data), LEFT_S)
    if isinstance(said, Problem):
        return Answered({}, f"{said.status} {said.title} {said.detail}")
    return Answered(json.loads(said.answer))


async def _nowhere(_: Sequence[Any]) -> None:
    raise AssertionError("nothing is sent")
