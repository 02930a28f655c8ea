"""One trace goes from a frame to the enriched alert, through all services, in their spans, records and logs."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from typing import Any
from urllib.request import Request, urlopen

import jwt
import pytest
from aiokafka import AIOKafkaProducer

from resonance_contracts.topics import (
    ACTIVITY_OBSERVED,
    ACTIVITY_SUBMITTED,
    ALERTS_ENRICHED,
    ALERTS_RAISED,
    ANOMALIES_DETECTED,
    EXPLANATIONS_PRODUCED,
    FEATURES_COMPUTED,
    MODELS_REQUESTED,
    PREDICTIONS_REQUESTED,
    REPLIES_SENT,
    Service,
    Topic,
)
from resonance_local.stack import Stack
from tests.support.collector import Collector
from tests.support.collector import Seen as Span
from tests.support.demonstration import Demonstrated
from tests.support.topic_scan import GARBAGE, Seen, scan_ours
from tests.traces.tree import orphans, path_to, roots

pytestmark = [pytest.mark.embedded]

DEADLINE_S = 120
TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = "b7ad6b7169203331"
TO_WORDS = [
    ("gateway", "receive frames"),
    ("gateway", f"send {ACTIVITY_OBSERVED.name}"),
    ("feature-extractor", f"process {ACTIVITY_OBSERVED.name}"),
    ("feature-extractor", f"send {FEATURES_COMPUTED.name}"),
    ("predictor", f"process {FEATURES_COMPUTED.name}"),
]
FACTS = [
    *TO_WORDS,
    ("predictor", f"send {ALERTS_RAISED.name}"),
    ("llm-orchestrator", f"process {ALERTS_RAISED.name}"),
    ("llm-orchestrator", f"send {ALERTS_ENRICHED.name}"),
]
EXPLAINED = [
    *TO_WORDS,
    ("predictor", f"send {ANOMALIES_DETECTED.name}"),
    ("xai", f"process {ANOMALIES_DETECTED.name}"),
    ("xai", f"send {EXPLANATIONS_PRODUCED.name}"),
    ("llm-orchestrator", f"process {EXPLANATIONS_PRODUCED.name}"),
    ("llm-orchestrator", f"send {ALERTS_ENRICHED.name}"),
]


@pytest.fixture(scope="module")
def alerts(demonstrated: Demonstrated) -> dict[str, dict[str, Seen]]:
    """Enriched alerts of incidents that frames opened, as they lie there, by incident and what follows in ids."""
    bootstrap = demonstrated.stack.environment["RESONANCE_KAFKA_BOOTSTRAP"]
    found: dict[str, dict[str, Seen]] = {}
    for record in asyncio.run(scan_ours(bootstrap, [ALERTS_ENRICHED]))[ALERTS_ENRICHED.name]:
        alert_id, revision = record.id.split("/", 1)
        found.setdefault(alert_id, {})[revision] = record
    return found


def trace_of(record: Seen) -> str:
    return record.headers["traceparent"].split("-")[1]


def until(what: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + DEADLINE_S
    while not (found := what()):
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.1)
    return found


def sent(collector: Collector, record: Seen) -> Span | None:
    """The span that sent a record."""
    _, trace_id, span_id, _ = record.headers["traceparent"].split("-")
    return next((span for span in collector.traces().get(trace_id, []) if span.span_id == span_id), None)


def names(path: list[Span]) -> list[tuple[str, str]]:
    return [(span.service, span.name) for span in path]


@pytest.mark.parametrize(("revision", "stages"), [("1", FACTS), ("2", EXPLAINED)])
def test_the_way_of_every_enriched_alert_is_one_trace_from_its_frames_on(
    collector: Collector, alerts: dict[str, dict[str, Seen]], revision: str, stages: list[tuple[str, str]]
) -> None:
    told = [records[revision] for records in alerts.values() if revision in records]
    assert len(told) > 3
    by_frames = 0
    for record in told:
        last = until(lambda record=record: sent(collector, record))
        spans = until(lambda record=record: _whole(collector, trace_of(record)))
        path = path_to(spans, last)
        assert names(path)[1:] == stages[1:]
        assert [span.kind for span in path] == ["SERVER", *["PRODUCER", "CONSUMER"] * (len(path) // 2)][: len(path)]
        assert all(span.end_ns >= span.start_ns for span in path)
        by_frames += names(path) == stages
    assert by_frames, "some incidents open with a frame, the others as time passes"


def _whole(collector: Collector, trace_id: str) -> list[Span]:
    spans = collector.traces().get(trace_id, [])
    return [] if orphans(spans) else spans


def test_no_span_is_orphaned_and_every_trace_begins_once(collector: Collector, alerts: dict[str, Any]) -> None:
    until(lambda: not any(orphans(spans) for id_, spans in collector.traces().items() if id_ != TRACE))
    for id_, spans in collector.traces().items():
        assert id_ == TRACE or len(roots(spans)) == 1, names(roots(spans))
        assert len({span.span_id for span in spans}) == len(spans), "no id is given twice"


def test_links_lead_to_spans_of_other_traces(collector: Collector, alerts: dict[str, Any]) -> None:
    linking = [span for span in collector.spans if span.links]
    assert linking, "alerts of several traces are handled together"
    known = {(span.trace_id, span.span_id) for span in collector.spans}
    for span in linking:
        for link in span.links:
            assert link[0] != span.trace_id
            assert link in known, (span.name, link)


def test_attributes_name_nobody_and_hold_no_content(collector: Collector, alerts: dict[str, Any]) -> None:
    allowed = ("messaging.", "http.", "url.scheme", "error.type", "resonance.", "server.")
    for span in collector.spans:
        assert all(name.startswith(allowed) for name in span.attributes), span.attributes
        assert "messaging.kafka.message.key" not in span.attributes, "it is a user's"


@pytest.mark.parametrize(
    ("service", "topic"),
    [
        (Service.GATEWAY, ACTIVITY_SUBMITTED),
        (Service.FEATURE_EXTRACTOR, ACTIVITY_OBSERVED),
        (Service.PREDICTOR, FEATURES_COMPUTED),
        (Service.XAI, ANOMALIES_DETECTED),
        (Service.LLM_ORCHESTRATOR, ALERTS_RAISED),
        (Service.AUTO_RETRAINER, MODELS_REQUESTED),
    ],
)
async def test_what_a_service_logs_of_a_record_is_in_the_trace_of_the_record(
    system: Stack, service: Service, topic: Topic
) -> None:
    trace_id = f"{time.time_ns():032x}"
    headers = [
        ("ce_id", f"{GARBAGE}{trace_id}".encode()),
        ("ce_type", topic.type.encode()),
        ("ce_time", b"2026-01-01T00:00:00Z"),
        ("traceparent", f"00-{trace_id}-{PARENT}-00".encode()),
    ]
    producer = AIOKafkaProducer(bootstrap_servers=system.environment["RESONANCE_KAFKA_BOOTSTRAP"], acks="all")
    await producer.start()
    try:
        await producer.send_and_wait(topic.name, b"\xff\xff\xff", headers=headers)
    finally:
        await producer.stop()
    deadline = time.monotonic() + DEADLINE_S
    while not (found := [line for line in _log(system, service) if line.get("trace_id") == trace_id]):
        assert time.monotonic() < deadline, "nothing of it is logged"
        await asyncio.sleep(0.1)
    for line in found:
        assert (line["level"], line["service"]) == ("WARNING", service)
        assert len(line["span_id"]) == 16 and line["span_id"] != PARENT


def _log(stack: Stack, service: Service) -> list[dict[str, Any]]:
    text = (stack.folder / f"{service}.log").read_text()
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


def test_a_question_over_rest_goes_on_in_the_trace_of_whoever_asks_to_the_answer(
    demonstrated: Demonstrated, collector: Collector
) -> None:
    stack = demonstrated.stack
    claims = {"sub": "olga", "exp": time.time() + 600, "roles": ["operator"]}
    headers = {
        "Authorization": f"Bearer {jwt.encode(claims, stack.environment['RESONANCE_JWT_SECRET'], 'HS256')}",
        "Content-Type": "application/json",
        "traceparent": f"00-{TRACE}-{PARENT}-01",
    }
    body = json.dumps({"features": {"messages_per_minute": 5000.0}}).encode()
    url = f"{stack.url(Service.GATEWAY)}/ml/anomalies/analyze"
    with urlopen(Request(url, body, headers), timeout=20) as answer:  # noqa: S310 - loopback
        assert answer.status == 200
    wanted = [
        ("gateway", "POST /ml/anomalies/analyze"),
        ("gateway", f"send {PREDICTIONS_REQUESTED.name}"),
        ("predictor", f"process {PREDICTIONS_REQUESTED.name}"),
        ("predictor", f"send {REPLIES_SENT.name}"),
    ]
    spans = until(lambda: [*_found(collector, wanted)])
    by_id = {span.span_id: span for span in spans}
    last = spans[-1]
    path = [last]
    while path[-1].parent_id != PARENT:
        path.append(by_id[path[-1].parent_id])
    assert names(path[::-1]) == wanted
    assert path[-1].attributes["http.route"] == "/ml/anomalies/analyze"
    assert path[-1].attributes["http.response.status_code"] == 200


def _found(collector: Collector, wanted: list[tuple[str, str]]) -> list[Span]:
    spans = collector.traces().get(TRACE, [])
    return spans if set(wanted) <= set(names(spans)) else []
