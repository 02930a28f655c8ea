"""Spans of records that are handled and sent."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.trace import SpanKind, StatusCode

from resonance_contracts.pb.resonance.v1 import detection_pb2
from resonance_contracts.topics import ALERTS_RAISED, ANOMALIES_DETECTED, FEATURES_COMPUTED, Topic
from resonance_runtime.errors import Reject, Unavailable
from resonance_runtime.handling import Handling
from resonance_runtime.health import Health
from resonance_runtime.logs import JsonFormatter
from resonance_runtime.records import Outgoing, Record, headers_of
from resonance_runtime.spans.handled import applied, asked_for, header_within, processing, within
from resonance_runtime.spans.sent import sending
from resonance_runtime.tracing import continued, parsed
from tests.support.spans import Kept, traced


def header(trace_id: int, sampled: bool = True) -> str:
    return f"00-{trace_id:032x}-{trace_id:016x}-{int(sampled):02x}"


def record(number: int, parent: str = "", topic: Topic = ALERTS_RAISED) -> Record[Any]:
    headers = {"traceparent": parent} if parent else {}
    return Record(topic, 0, number, f"r{number}", 1, None, detection_pb2.Alert(alert_id=f"al_{number}"), headers)


def made(topic: Topic = ALERTS_RAISED) -> Outgoing:
    return Outgoing(topic, b"", "1", 1)


@pytest.fixture
def kept() -> Iterator[Kept]:
    """With no trace drawn that begins here."""
    with traced(0.0) as found:
        yield found


def ids(span: Any) -> tuple[int, int]:
    return span.context.trace_id, 0 if span.parent is None else span.parent.span_id


def test_each_record_of_a_batch_goes_on_in_its_own_trace(kept: Kept) -> None:
    records = [record(1, header(1)), record(2, header(2)), record(3, header(3, sampled=False))]
    headers = []
    with processing(records, "g"):
        for one in records:
            with within(one):
                headers.append(made().traceparent)
    assert [one[3:35] for one in headers] == [f"{n:032x}" for n in (1, 2, 3)]
    assert [ids(span) for span in kept.spans] == [(1, 1), (2, 2)], "the third was not drawn"
    assert [span.context.span_id for span in kept.spans] == [parsed(one).span_id for one in headers[:2]]
    first, second = kept.spans
    assert first.name == "process resonance.alerts.raised.v1" and first.kind is SpanKind.CONSUMER
    assert dict(first.attributes or {}) == {
        "messaging.system": "kafka",
        "messaging.operation.name": "process",
        "messaging.operation.type": "process",
        "messaging.destination.name": "resonance.alerts.raised.v1",
        "messaging.destination.partition.id": "0",
        "messaging.kafka.offset": 1,
        "messaging.consumer.group.name": "g",
        "messaging.message.id": "r1",
        "messaging.batch.message_count": 3,
    }
    assert [link.context.trace_id for link in second.links] == [1]


def test_outside_of_a_batch_a_record_goes_on_in_its_trace_all_the_same() -> None:
    assert header_within(record(1, header(1)))[:36] == header(1)[:36]
    with within(record(2, header(2))):
        assert made().traceparent[:36] == header(2)[:36]
    assert made().traceparent == ""


def test_a_batch_that_fails_says_so_in_every_span_and_names_the_kind_of_error_alone(kept: Kept) -> None:
    with pytest.raises(ValueError), processing([record(1, header(1)), record(2, header(2))], "g"):
        raise ValueError("of olga")
    for span in kept.spans:
        assert span.status.status_code is StatusCode.ERROR
        assert (span.attributes or {})["error.type"] == "ValueError"
        assert "olga" not in span.to_json()
    assert not trace.get_current_span().get_span_context().is_valid


def test_who_reads_a_record_follows_from_who_sent_it(kept: Kept) -> None:
    with continued(header(1)) as own:
        one = made()
    with sending([one]) as parents:
        pass
    sent = kept.named("send resonance.alerts.raised.v1")
    assert ids(sent) == (1, own.span_id) and sent.kind is SpanKind.PRODUCER
    assert dict(headers_of(one, "/here", parents[0]))["traceparent"].decode() == (
        f"00-{1:032x}-{sent.context.span_id:016x}-01"
    )


def test_a_record_that_is_made_in_no_span_begins_a_trace_with_being_sent() -> None:
    with traced(1.0) as kept:
        with sending([made()]) as parents:
            pass
        (sent,) = kept.spans
        assert sent.parent is None
        assert parents[0][3:35] == f"{sent.context.trace_id:032x}"


def test_an_attempt_that_failed_is_a_span_of_its_own(kept: Kept) -> None:
    with continued(header(1)):
        one = made()
    with pytest.raises(Unavailable), sending([one]):
        raise Unavailable("The broker is down.")
    with sending([one]):
        pass
    assert [span.status.status_code for span in kept.spans] == [StatusCode.ERROR, StatusCode.UNSET]


def test_without_a_collector_nothing_is_made_and_ids_go_on() -> None:
    with continued(header(1)):
        one = made()
    with sending([one]) as parents:
        assert parents == [""]
    assert one.traceparent[:36] == header(1)[:36]


def test_what_leads_to_an_alert_is_kept_though_its_trace_was_not_drawn(kept: Kept) -> None:
    parent, source = header(1, sampled=False), record(1, header(1, sampled=False), FEATURES_COMPUTED)
    with continued(parent):
        before = made(FEATURES_COMPUTED)
    with sending([before]):
        pass
    with continued(parent) as span:
        given = [made(ALERTS_RAISED), made(ANOMALIES_DETECTED)]
    assert not kept.spans
    drawn = applied(source, given, "predictor", span, 1)
    assert [span.name for span in kept.spans] == [
        "send resonance.features.computed.v1",
        "process resonance.features.computed.v1",
    ]
    assert {one.traceparent[-2:] for one in drawn} == {"01"}, "whoever reads one goes on with it"
    with sending(drawn):
        pass
    assert len(kept.spans) == 4


def test_what_leads_to_nothing_is_not_exported(kept: Kept) -> None:
    with continued(header(1, sampled=False)) as span:
        given = [made(ANOMALIES_DETECTED)]
    with sending(applied(record(1, header(1, sampled=False)), given, "predictor", span, 1)):
        pass
    assert not kept.spans


def test_whoever_reads_an_alert_gives_what_it_kept_of_the_trace(kept: Kept) -> None:
    with continued(header(1, sampled=False)):
        one = made(FEATURES_COMPUTED)
    with sending([one]):
        pass
    asked_for(record(1, header(1), FEATURES_COMPUTED))
    assert not kept.spans, "vectors ask for nothing"
    asked_for(record(1, header(1)))
    assert [span.name for span in kept.spans] == ["send resonance.features.computed.v1"]


class Lines(logging.Handler):
    """Formats as services do, while the trace is known."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(JsonFormatter("xai", "xai-1"))
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


class Broker:
    """Takes dead letters."""

    async def send_raw(self, *_: Any) -> None:
        return None


class Raw:
    """A record as the client gives it."""

    topic, partition, offset, key = ALERTS_RAISED.name, 0, 1, None

    def __init__(self, trace_id: int) -> None:
        alert = detection_pb2.Alert(alert_id="al_1")
        self.headers = headers_of(Outgoing(ALERTS_RAISED, alert, "1", 1, traceparent=header(trace_id)), "/here")
        self.value = alert.SerializeToString()


@pytest.mark.parametrize("fault", [ValueError("it broke"), Reject("never")])
async def test_what_is_logged_of_a_record_that_fails_is_in_its_trace(
    fault: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    from resonance_runtime import handling

    async def at_once(_: float) -> None:
        return None

    async def fails(_: Sequence[Record[Any]]) -> None:
        raise fault

    monkeypatch.setattr(handling.asyncio, "sleep", at_once)
    lines, root = Lines(), logging.getLogger()
    root.addHandler(lines)
    try:
        topics = {ALERTS_RAISED.name: ALERTS_RAISED}
        await Handling("g", topics, fails, Broker(), Health(30)).run([Raw(5)])
    finally:
        root.removeHandler(lines)
    assert lines.lines
    assert all(f'"trace_id": "{5:032x}"' in line for line in lines.lines), lines.lines
