"""What records become: the same whatever happens in between, and paid for once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

import pytest
from google.protobuf.message import Message
from prometheus_client import REGISTRY

from resonance_contracts.pb.resonance.v1 import detection_pb2, explanation_pb2, people_pb2
from resonance_contracts.topics import (
    ALERTS_ESCALATED,
    ALERTS_RAISED,
    ALERTS_RESOLVED,
    EXPLANATIONS_PRODUCED,
    USERS_ERASED,
    Topic,
)
from resonance_llm_orchestrator.alerts.authors import Authors
from resonance_llm_orchestrator.failures import FailureKind, ProviderFailure
from resonance_llm_orchestrator.forgetting import Forgetting
from resonance_llm_orchestrator.handlers import AlertHandler, ExplanationHandler
from resonance_llm_orchestrator.providers.provider import Completion, Prompt, Provider
from resonance_llm_orchestrator.routing.breaker import BreakerPolicy
from resonance_llm_orchestrator.routing.routes import Routes
from resonance_runtime.erasures import Erasures, received_us
from resonance_runtime.errors import Reject, Unavailable
from resonance_runtime.records import Record
from tests.support.enriching import MemoryStore, Sent
from tests.support.llm_writer import routes_of, scene

MakeAlert = Callable[..., detection_pb2.Alert]
MakeExplanation = Callable[..., explanation_pb2.Explanation]


def record(topic: Topic, value: Message) -> Record[Any]:
    return Record(topic, 0, 0, "id", 0, None, value, {})


class Failing:
    """A provider that fails differently each time, and counts."""

    name = "openai"
    model = "gpt-5.4-mini"
    max_tokens = 2000

    def __init__(self) -> None:
        self.asked = 0
        self.at_once = 0
        self.most_at_once = 0

    async def complete(self, prompt: Prompt, deadline: float) -> Completion:
        self.asked += 1
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await asyncio.sleep(0)
        self.at_once -= 1
        raise ProviderFailure(FailureKind.REJECTED, f"Failure number {self.asked}.")

    def stream(self, prompt: Prompt, deadline: float) -> AsyncIterator[str | Completion]:
        raise NotImplementedError

    async def close(self) -> None:
        """Nothing to close."""


def patient() -> Routes:
    """Routes whose breaker does not open."""
    return replace(routes_of(["openai"]), breaker=BreakerPolicy(failures=1000))


class Bench:
    """An explanation handler with everything around it."""

    def __init__(self, *providers: Provider, concurrency: int = 8) -> None:
        self.sent, self.store = Sent(), MemoryStore()
        authors = Authors(scene(providers, routes=patient()).writer, 4.0)
        self.erasures = Erasures()
        self.handler = ExplanationHandler(self.sent, authors, self.store, concurrency, self.erasures)

    async def explained(self, *explanations: explanation_pb2.Explanation) -> None:
        await self.handler.explained([record(EXPLANATIONS_PRODUCED, e) for e in explanations])


async def test_a_rise_is_published_at_once_once_and_says_what_it_was_and_is(escalated: MakeAlert) -> None:
    sent = Sent()
    for _ in range(2):
        await AlertHandler(sent).escalated([record(ALERTS_ESCALATED, escalated())])
    first, second = sent.records
    assert (first.id, first.encoded()) == (second.id, second.encoded())
    assert first.value.alert.severity == detection_pb2.SEVERITY_CRITICAL
    english, russian = first.value.texts
    assert "of high severity and is critical now: 1,230 messages a minute" in english.summary
    assert "был высокой важности, теперь — критической" in russian.summary


async def test_raised_and_resolved_are_published_at_once(alert: MakeAlert, resolved: MakeAlert) -> None:
    sent = Sent()
    handler = AlertHandler(sent)
    await handler.raised([record(ALERTS_RAISED, alert()), record(ALERTS_RAISED, alert(alert_id="alert-2"))])
    await handler.resolved([record(ALERTS_RESOLVED, resolved())])
    assert [r.id for r in sent.records] == ["alert-1/1", "alert-2/1", "alert-1/4"]


async def test_facts_and_words_are_timed_and_what_is_over_is_not(
    alert: MakeAlert, resolved: MakeAlert, explanation: MakeExplanation
) -> None:
    def counted(step: str) -> float:
        labels = {"step": step, "since": "last_frame"}
        return REGISTRY.get_sample_value("resonance_pipeline_delay_seconds_count", labels) or 0.0

    before = counted("facts"), counted("words")
    handler = AlertHandler(Sent())
    received = {"stream": "live", "last_received_us": 5}
    await handler.raised([record(ALERTS_RAISED, alert(**received))])
    await handler.resolved([record(ALERTS_RESOLVED, resolved(**received))])
    await Bench().explained(explanation(alert(**received)))
    assert (counted("facts") - before[0], counted("words") - before[1]) == (1, 1)


async def test_a_repeat_of_a_raised_alert_is_the_same_record(alert: MakeAlert) -> None:
    sent = Sent()
    for _ in range(2):
        await AlertHandler(sent).raised([record(ALERTS_RAISED, alert())])
    first, second = sent.records
    assert first == second


async def test_a_poisoned_batch_publishes_nothing_and_is_rejected(alert: MakeAlert) -> None:
    sent = Sent()
    with pytest.raises(Reject, match="alert_id"):
        await AlertHandler(sent).raised([record(ALERTS_RAISED, a) for a in (alert(), alert(alert_id=""))])
    assert not sent.records


async def test_a_poisoned_explanation_is_rejected_before_anybody_is_paid(
    alert: MakeAlert, explanation: MakeExplanation
) -> None:
    provider = Failing()
    bench = Bench(provider)
    with pytest.raises(Reject, match="alert_id"):
        await bench.explained(explanation(alert()), explanation(alert(alert_id="")))
    assert (provider.asked, bench.sent.records) == (0, [])


async def test_an_explanation_that_opened_nothing_becomes_nothing(explanation: MakeExplanation) -> None:
    provider = Failing()
    bench = Bench(provider)
    await bench.explained(explanation())
    assert (provider.asked, bench.sent.records) == (0, [])


async def test_without_providers_the_store_is_not_needed(alert: MakeAlert, explanation: MakeExplanation) -> None:
    bench = Bench()
    bench.store.down = {"find", "keep"}
    await bench.explained(explanation(alert()))
    assert [r.id for r in bench.sent.records] == ["alert-1/2"]
    assert not bench.store.words


async def test_a_repeat_publishes_the_words_that_were_kept_and_asks_nobody(
    alert: MakeAlert, explanation: MakeExplanation
) -> None:
    provider = Failing()
    bench = Bench(provider)
    for _ in range(3):
        await bench.explained(explanation(alert()))
    first, *repeats = bench.sent.bytes_of("alert-1/2")
    assert repeats == [first, first]
    assert provider.asked == 1


async def test_repeats_in_one_batch_are_published_once(alert: MakeAlert, explanation: MakeExplanation) -> None:
    provider = Failing()
    bench = Bench(provider)
    await bench.explained(explanation(alert()), explanation(alert()))
    assert (provider.asked, len(bench.sent.records)) == (1, 1)


async def test_words_are_kept_before_anybody_sees_them(alert: MakeAlert, explanation: MakeExplanation) -> None:
    bench = Bench(Failing())
    bench.sent.down = True
    with pytest.raises(Unavailable, match="broker"):
        await bench.explained(explanation(alert()))
    assert list(bench.store.words) == ["alert-1/2"]


async def test_a_store_that_cannot_be_read_is_waited_for_before_anybody_is_paid(
    alert: MakeAlert, explanation: MakeExplanation
) -> None:
    provider = Failing()
    bench = Bench(provider)
    bench.store.down = {"find"}
    with pytest.raises(Unavailable, match="store"):
        await bench.explained(explanation(alert()))
    assert (provider.asked, bench.sent.records) == (0, [])


async def test_a_store_that_cannot_be_written_costs_one_request_however_often_it_is_tried(
    alert: MakeAlert, explanation: MakeExplanation
) -> None:
    provider = Failing()
    bench = Bench(provider)
    bench.store.down = {"keep"}
    for _ in range(3):
        with pytest.raises(Unavailable, match="store"):
            await bench.explained(explanation(alert()))
    assert (provider.asked, bench.sent.records) == (1, [])
    bench.store.down = set()
    await bench.explained(explanation(alert()))
    assert (provider.asked, len(bench.sent.records)) == (1, 1)


async def test_only_so_many_alerts_are_in_writing_together(alert: MakeAlert, explanation: MakeExplanation) -> None:
    provider = Failing()
    bench = Bench(provider, concurrency=3)
    await bench.explained(*(explanation(alert(alert_id=f"alert-{i}")) for i in range(12)))
    assert (provider.asked, provider.most_at_once, len(bench.sent.records)) == (12, 3, 12)


def erased(user_key: str, erased_us: int) -> Record[people_pb2.UserErased]:
    return record(USERS_ERASED, people_pb2.UserErased(user_key=user_key, erased_us=erased_us))


async def test_of_people_who_were_erased_nothing_is_published(alert: MakeAlert, resolved: MakeAlert) -> None:
    sent, erasures = Sent(), Erasures()
    handler = AlertHandler(sent, erasures)
    gone, other = alert(user_key="u_gone"), alert(user_key="u_other", alert_id="alert-2")
    await erasures.handle([erased("u_gone", received_us(gone))])
    await handler.raised([record(ALERTS_RAISED, gone), record(ALERTS_RAISED, other)])
    await handler.resolved([record(ALERTS_RESOLVED, resolved(user_key="u_gone"))])
    assert [r.id for r in sent.records] == ["alert-2/1"]


async def test_words_about_people_who_are_erased_are_removed_also_while_they_are_written(
    alert: MakeAlert, explanation: MakeExplanation
) -> None:
    provider = Failing()
    bench = Bench(provider)
    forgetting = Forgetting(bench.erasures, [bench.store.forget])
    await bench.explained(explanation(alert()))
    assert list(bench.store.words) == ["alert-1/2"]
    record_of_it = erased(alert().user_key, received_us(alert()))
    await forgetting.handle([record_of_it])
    assert not bench.store.words
    await bench.explained(explanation(alert()))
    assert (provider.asked, bench.store.words) == (1, {}), "nobody is asked for words about who was erased"

    late = Bench(Failing())
    keep = late.store.keep

    async def erased_meanwhile(id_: str, words: Any, facts: Any = None) -> Any:
        await Forgetting(late.erasures, [late.store.forget]).handle([record_of_it])
        return await keep(id_, words, facts)

    late.store.keep = erased_meanwhile  # type: ignore[method-assign]
    await late.explained(explanation(alert()))
    assert (late.store.words, late.sent.records) == ({}, [])
