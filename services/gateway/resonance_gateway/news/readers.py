"""What the gateway reads from topics, and what it does with each record."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from google.protobuf.message import Message

from resonance_contracts.topics import (
    ALERTS_ENRICHED,
    ALERTS_ESCALATED,
    ALERTS_RAISED,
    ALERTS_RESOLVED,
    ANOMALIES_DETECTED,
    DRIFTS_DETECTED,
    EXPLANATIONS_PRODUCED,
    FEATURES_COMPUTED,
    FEEDBACK_GIVEN,
    MODELS_PROMOTED,
    PREDICTIONS_SCORED,
    SERVICES_REPORTED,
    TRAININGS_PROGRESSED,
    Topic,
)
from resonance_gateway.news.desk import NewsDesk
from resonance_gateway.news.recent import Recent
from resonance_gateway.news.status import Reports
from resonance_runtime.records import Record

# Read from the start, so that a gateway that was restarted knows what happened before.
REMEMBERED: Final = (
    ANOMALIES_DETECTED,
    ALERTS_RAISED,
    ALERTS_ESCALATED,
    ALERTS_RESOLVED,
    EXPLANATIONS_PRODUCED,
    ALERTS_ENRICHED,
    FEEDBACK_GIVEN,
    MODELS_PROMOTED,
    DRIFTS_DETECTED,
    TRAININGS_PROGRESSED,
    SERVICES_REPORTED,
)
# Read from now on: days of vectors would not fit the buffers anyway.
PASSING: Final = (FEATURES_COMPUTED, PREDICTIONS_SCORED)


class Newsroom:
    """Puts records where operators find them, and tells what is new among them. A repeat is told once."""

    def __init__(self, recent: Recent, reports: Reports, desk: NewsDesk) -> None:
        self._desk = desk
        self._news: Mapping[Topic, Callable[[Any], bool]] = {
            ALERTS_RAISED: recent.take_alert,
            ALERTS_ESCALATED: recent.take_alert,
            ALERTS_RESOLVED: recent.take_alert,
            EXPLANATIONS_PRODUCED: recent.take_explanation,
            ALERTS_ENRICHED: recent.take_enriched,
            FEEDBACK_GIVEN: recent.take_verdict,
        }
        self._quiet: Mapping[Topic, Callable[[Any], object]] = {
            ANOMALIES_DETECTED: recent.take_anomaly,
            FEATURES_COMPUTED: recent.take_vectors,
            PREDICTIONS_SCORED: recent.take_scores,
            MODELS_PROMOTED: recent.take_promotion,
            DRIFTS_DETECTED: recent.take_drift,
            TRAININGS_PROGRESSED: recent.take_training,
            SERVICES_REPORTED: reports.take,
        }

    async def handle(self, records: Sequence[Record[Any]]) -> None:
        """Takes records of any of the topics above; between two of them users have their turn.

        A record of vectors takes a tenth of a millisecond, and hundreds come at once: nobody's message waits for all.
        """
        for record in records:
            self.take(record.topic, record.value)
            await asyncio.sleep(0)

    def take(self, topic: Topic, value: Message) -> None:
        """Takes one record's message."""
        if topic in self._quiet:
            self._quiet[topic](value)
        elif self._news[topic](value):
            self._desk.tell(value)
