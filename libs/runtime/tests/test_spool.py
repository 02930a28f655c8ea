"""Spans go to a collector without anybody waiting for it."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence

import pytest
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.trace import SpanKind
from prometheus_client import REGISTRY

from resonance_runtime import tracing
from resonance_runtime.settings import RuntimeSettings, load
from resonance_runtime.spans.otlp import exporter_of
from resonance_runtime.spans.spool import END_S, Spool
from resonance_runtime.spans.stages import Description, Stage
from tests.support.collector import Collector

DEADLINE_S = 10


class Exporter(SpanExporter):
    """Keeps what comes, once it is let go."""

    def __init__(self, taken: bool = True) -> None:
        self.spans: list[ReadableSpan] = []
        self.taken = taken
        self.go = threading.Event()
        self.go.set()
        self.called = threading.Event()

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        self.called.set()
        self.go.wait(DEADLINE_S)
        self.spans += spans
        return SpanExportResult.SUCCESS if self.taken else SpanExportResult.FAILURE


def span(name: str = "process", number: int = 1) -> ReadableSpan:
    own = f"00-{7:032x}-{number:016x}-01"
    return tracing.span_of(Stage(own, "", 1, 2, described, (name,)), Resource.create({}))


def described(name: str) -> Description:
    return Description(name, SpanKind.CONSUMER, {"a": 1})


def lost(reason: str) -> float:
    return REGISTRY.get_sample_value("resonance_trace_spans_lost_total", {"reason": reason}) or 0.0


def until(what: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.005)


@pytest.fixture
def exporter() -> Iterator[Exporter]:
    made = Exporter()
    yield made
    made.go.set()


def test_what_waits_goes_together(exporter: Exporter) -> None:
    spool = Spool(exporter, every_s=0.05)
    for number in range(1, 4):
        spool.on_end(span(number=number))
    until(lambda: len(exporter.spans) == 3)
    spool.shutdown()


def test_nobody_waits_for_a_collector_that_hangs_and_what_has_no_room_is_counted(exporter: Exporter) -> None:
    exporter.go.clear()
    spool, before = Spool(exporter, most=10, every_s=0.01), lost("full")
    spool.on_end(span())
    assert exporter.called.wait(DEADLINE_S)
    one, started = span(), time.monotonic()
    for _ in range(10_000):
        spool.on_end(one)
    assert time.monotonic() - started < 1.0
    assert lost("full") - before == 10_000 - 10
    exporter.go.set()
    until(lambda: len(exporter.spans) == 11)
    spool.shutdown()


def test_a_collector_that_refuses_is_told_of_once_and_when_it_takes_them_again(
    exporter: Exporter, caplog: pytest.LogCaptureFixture
) -> None:
    exporter.taken, before = False, lost("refused")
    with caplog.at_level(logging.INFO):
        spool = Spool(exporter, every_s=0.01)
        for count in range(1, 4):
            spool.on_end(span())
            until(lambda count=count: lost("refused") - before == count)
        exporter.taken = True
        spool.on_end(span())
        until(lambda: len(caplog.records) == 2)
        spool.shutdown()
    assert [record.message for record in caplog.records] == [
        "the collector takes no spans; they are lost until it does",
        "the collector takes spans again",
    ]


def test_the_end_does_not_wait_for_a_collector_that_hangs(exporter: Exporter) -> None:
    exporter.go.clear()
    spool = Spool(exporter, every_s=0.01)
    spool.on_end(span())
    assert exporter.called.wait(DEADLINE_S)
    started = time.monotonic()
    spool.shutdown()
    assert time.monotonic() - started < END_S + 1.0


def test_a_span_goes_over_otlp_to_the_collector_that_the_settings_name() -> None:
    with Collector() as collector:
        environment = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "OTEL_EXPORTER_OTLP_HEADERS": "api-key=s%20t"}
        made = exporter_of(load(RuntimeSettings, environment))
        assert made is not None
        spool = Spool(made, every_s=0.01)
        spool.on_end(span("send here"))
        until(lambda: bool(collector.spans))
        spool.shutdown()
        (seen,) = collector.spans
        assert (seen.name, seen.kind, seen.attributes) == ("send here", "CONSUMER", {"a": 1})
        assert collector.headers["api-key"] == "s t"


def test_a_collector_that_is_down_costs_a_line_and_a_count(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "0.2")
    made, before = (
        exporter_of(load(RuntimeSettings, {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"})),
        lost("refused"),
    )
    assert made is not None
    spool = Spool(made, every_s=0.01)
    spool.on_end(span())
    until(lambda: lost("refused") - before == 1)
    spool.shutdown()
    assert len(caplog.records) == 1, [record.message for record in caplog.records]


@pytest.mark.parametrize("environment", [{}, {"OTEL_EXPORTER_OTLP_ENDPOINT": ""}])
def test_without_a_collector_nothing_is_exported(environment: dict[str, str]) -> None:
    assert exporter_of(load(RuntimeSettings, environment)) is None


def test_a_line_of_log_in_a_trace_names_it(capsys: pytest.CaptureFixture[str]) -> None:
    from resonance_runtime.logs import JsonFormatter

    record = logging.LogRecord("here", logging.INFO, __file__, 1, "said", (), None)
    with tracing.continued(f"00-{'a' * 32}-{'b' * 16}-01") as own:
        line = json.loads(JsonFormatter("xai", "xai-1").format(record))
    assert line["trace_id"] == "a" * 32
    assert line["span_id"] == f"{own.span_id:016x}"
    assert "trace_id" not in json.loads(JsonFormatter("xai", "xai-1").format(record))
