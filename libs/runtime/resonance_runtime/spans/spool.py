"""Spans on their way to a collector: a bounded queue, and a thread that empties it.

Who makes a span never waits. What finds the queue full, or a collector that does not take it, is counted and gone.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from typing import Final

from opentelemetry.context import Context
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from resonance_runtime import metrics

log = logging.getLogger(__name__)

MOST_WAITING: Final = 4096
AT_ONCE: Final = 512
EVERY_S: Final = 1.0
END_S: Final = 2.0
"""Longest wait for the collector at the end of the process."""


class Spool(SpanProcessor):
    """Gives spans of traces that are wanted to an exporter, in a thread of its own.

    Args:
        exporter: Sends them; may take long, may fail.
        most: Spans that may wait.
        every_s: Longest time between two looks, seconds.
    """

    def __init__(self, exporter: SpanExporter, most: int = MOST_WAITING, every_s: float = EVERY_S) -> None:
        self._exporter = exporter
        self._most = most
        self._every_s = every_s
        self._waiting: deque[ReadableSpan] = deque()
        self._ended = threading.Event()
        self._wake = threading.Event()
        self._failing = False
        self._thread = threading.Thread(target=self._run, name="spans", daemon=True)
        self._thread.start()

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """Nothing is known of it yet."""

    def on_end(self, span: ReadableSpan) -> None:
        """Takes a span, unless too many wait."""
        context = span.get_span_context()
        if context is None or not context.trace_flags.sampled:
            return
        if len(self._waiting) >= self._most:
            return metrics.TRACE_SPANS_LOST.labels(reason="full").inc()
        self._waiting.append(span)
        if len(self._waiting) >= AT_ONCE:
            self._wake.set()

    def shutdown(self) -> None:
        """Sends what waits, END_S long at most."""
        self._ended.set()
        self._wake.set()
        self._thread.join(END_S)
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Nothing is forced: what waits goes within a moment, or never."""
        self._wake.set()
        return not self._waiting

    def _run(self) -> None:
        while not self._ended.is_set():
            self._wake.wait(self._every_s)
            self._wake.clear()
            self._empty()

    def _empty(self) -> None:
        while self._waiting:
            spans = [self._waiting.popleft() for _ in range(min(AT_ONCE, len(self._waiting)))]
            try:
                taken = self._exporter.export(spans) is SpanExportResult.SUCCESS
            except Exception:  # whatever an exporter raises must not end the thread
                log.exception("spans could not be exported")
                taken = False
            if taken:
                metrics.TRACE_SPANS_EXPORTED.inc(len(spans))
            else:
                metrics.TRACE_SPANS_LOST.labels(reason="refused").inc(len(spans))
            self._say(taken)

    def _say(self, taken: bool) -> None:
        """One line where it changes: a collector that is away for a day is not worth a line a second."""
        if taken == self._failing:
            self._failing = not taken
            if self._failing:
                log.warning("the collector takes no spans; they are lost until it does")
            else:
                log.info("the collector takes spans again")
