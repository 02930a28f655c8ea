"""Which of two records of an incident is later, in whatever order they come; see `EnrichedAlert.revision`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from resonance_contracts.pb.resonance.v1 import alert_pb2, detection_pb2

_PLACES: Final[Mapping[int, int]] = {
    alert_pb2.ENRICHMENT_STAGE_ESCALATED: 1,
    alert_pb2.ENRICHMENT_STAGE_EXPLAINED: 2,
    alert_pb2.ENRICHMENT_STAGE_JUDGED: 3,
}
"""Among those with the same revisions."""


def order_of_words(enriched: alert_pb2.EnrichedAlert) -> tuple[int, int, int]:
    """Of two enriched alerts of an incident that with the higher order replaces the other."""
    return enriched.revision, enriched.alert.revision, _PLACES.get(enriched.stage, 0)


def order_of_alert(alert: detection_pb2.Alert) -> tuple[int, int]:
    """Of two alerts of an incident that with the higher order replaces the other: what is over is not open again."""
    return int(alert.state == detection_pb2.ALERT_STATE_RESOLVED), alert.revision
