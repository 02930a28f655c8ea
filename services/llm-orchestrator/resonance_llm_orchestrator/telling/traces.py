"""Traces of alerts, for as long as people may be told of them: what is told follows from the alerts it is of."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from opentelemetry.context import Context
from opentelemetry.trace import Link, Span, SpanKind

from resonance_llm_orchestrator.notifying.decision import Decision
from resonance_runtime.spans.conventions import ALERT
from resonance_runtime.tracing import TRACEPARENT, TRACER, extracted, parsed

KEPT: Final = 10_000
MOST_LINKS: Final = 32
_ID: Final = re.compile(r"al_[0-9a-f]{32}")
"""Ids that the predictor makes: of others, which may be anybody's words, a trace says nothing."""


class AlertTraces:
    """Where the trace of each alert has come, of the newest ones."""

    def __init__(self) -> None:
        self._headers: dict[str, str] = {}

    def remember(self, alert_id: str, header: str) -> None:
        """The trace of an alert has come to this span, a `traceparent`."""
        self._headers.pop(alert_id, None)
        self._headers[alert_id] = header
        if len(self._headers) > KEPT:
            del self._headers[next(iter(self._headers))]

    @contextmanager
    def telling(self, decision: Decision) -> Iterator[Span]:
        """Runs the block that tells of alerts in the trace of the first that is news; links lead to the others."""
        ids = dict.fromkeys([*decision.news, *decision.alert_ids])
        headers = [header for id_ in ids if (header := self._headers.get(id_))]
        links = [Link(found) for header in headers[1 : MOST_LINKS + 1] if (found := parsed(header)) is not None]
        with TRACER.start_as_current_span(
            f"notify {decision.way}",
            context=extracted({TRACEPARENT: headers[0]}) if headers else Context(),
            kind=SpanKind.CLIENT,
            links=links,
            attributes={
                ALERT: [id_ for id_ in decision.alert_ids[:MOST_LINKS] if _ID.fullmatch(id_)],
                "resonance.notification.receiver": decision.receiver,
                "resonance.notification.reason": decision.reason,
            },
            record_exception=False,
        ) as span:
            yield span
