"""What is too old leaves, by when it was heard of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from resonance_contracts.pb.resonance.v1 import incident_pb2
from resonance_llm_orchestrator.telling.leaving import DAY_US, Leaving

NOW_US = 1_000 * DAY_US


class Found:
    """An index that has one incident, opened long ago."""

    def __init__(self, incident: incident_pb2.Incident) -> None:
        self.incident = incident

    async def opened_before(self, until_us: int, most: int) -> list[str]:
        """See `IncidentIndex.opened_before`."""
        return [self.incident.alert_id] if self.incident.enriched.alert.opened_us <= until_us and most else []

    async def find(self, ids: Sequence[str]) -> list[incident_pb2.Incident]:
        """See `IncidentIndex.find`."""
        return [self.incident for id_ in ids if id_ == self.incident.alert_id]


@pytest.mark.parametrize(
    ("heard_of", "state", "leaves"),
    [
        (100, incident_pb2.INCIDENT_STATE_RESOLVED, True),
        (100, incident_pb2.INCIDENT_STATE_OPEN, False),
        (999, incident_pb2.INCIDENT_STATE_RESOLVED, False),
    ],
    ids=["over and old", "open", "of traffic that is played again"],
)
async def test_incidents_leave_when_they_are_over_and_were_heard_of_long_ago(
    heard_of: int, state: Any, leaves: bool
) -> None:
    incident = incident_pb2.Incident(alert_id="a", state=state, noted_us=heard_of * DAY_US)
    incident.enriched.alert.opened_us = 50 * DAY_US
    nothing: Any = None
    index: Any = Found(incident)
    leaving = Leaving(nothing, nothing, index, nothing, nothing, max_age_days=90)
    assert [one.alert_id for one in await leaving.old(NOW_US)] == (["a"] if leaves else [])
