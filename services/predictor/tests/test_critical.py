"""Critical anomalies are warnings in the log: one an incident, in the trace of the vectors that gave it."""

from __future__ import annotations

import json
import logging

import pytest

from resonance_contracts.pb.resonance.v1 import detection_pb2 as pb
from resonance_contracts.topics import FEATURES_COMPUTED
from resonance_predictor.keyed import DetectorState
from resonance_predictor.models import Models
from resonance_predictor.rules_file import RulesFile
from resonance_runtime.health import Health
from resonance_runtime.logs import JsonFormatter
from resonance_runtime.records import Record
from resonance_runtime.tracing import continued

TRACE = f"00-{'a' * 32}-{'b' * 16}-00"
NOW = 10**15


class Lines(logging.Handler):
    """Formats as the service does, while the trace is known."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(JsonFormatter("predictor", "predictor-1"))
        self.lines: list[dict] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(json.loads(self.format(record)))


@pytest.fixture
def lines():
    handler, root = Lines(), logging.getLogger()
    root.addHandler(handler)
    yield handler.lines
    root.removeHandler(handler)


async def applied(synthetic, rates):
    """One user's vectors, one a record, each in the same trace; what was raised."""
    health = Health(30)
    state = DetectorState(Models(None, health), RulesFile(None, health), health)
    await state.open(0, None)
    raised = []
    for number, rate in enumerate(rates, 1):
        now_us = NOW + number * 1_000_000
        vector = synthetic.vector("u_a", number, now_us, synthetic.values(messages_per_minute=rate))
        record = Record(FEATURES_COMPUTED, 0, number, f"r{number}", now_us, None, synthetic.batch([vector]), {})
        with continued(TRACE):
            raised += [pb.Alert.FromString(one.encoded()) for one in state.apply(record) if "raised" in one.topic.name]
    return raised


async def test_an_incident_that_becomes_critical_is_warned_of_once_in_its_trace(synthetic, lines):
    (alert,) = await applied(synthetic, [150, 1200, 1500, 1500])
    (line,) = lines
    assert (line["level"], line["message"]) == ("WARNING", "a critical anomaly")
    assert (line["alert_id"], line["user_key"], line["kinds"]) == (alert.alert_id, "u_a", ["message_flood"])
    assert line["trace_id"] == "a" * 32 and len(line["span_id"]) == 16


async def test_what_is_less_grave_is_not(synthetic, lines):
    assert len(await applied(synthetic, [150, 900])) == 1
    assert not lines
