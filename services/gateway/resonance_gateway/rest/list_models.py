"""Lists of what was found of late."""

from __future__ import annotations

from typing import Annotated, Any, Final

from pydantic import Field, WithJsonSchema

from resonance_contracts.features import FEATURE_NAMES
from resonance_contracts.pb.resonance.v1 import detection_pb2
from resonance_gateway.news.rendered_schema import schema_of
from resonance_gateway.news.severity import Severity
from resonance_gateway.rest.models import Answer, Asked
from resonance_gateway.rest.paging import MOST, PageQuery

LONGEST_AGE_HOURS: Final = 24 * 365


def _anomaly_schema() -> dict[str, Any]:
    schema = schema_of(detection_pb2.Anomaly.DESCRIPTOR)
    value = {"type": ["number", "null"]}
    schema["properties"] |= {
        "features": {"type": "object", "properties": dict.fromkeys(FEATURE_NAMES, value)},
        "explanation": {"type": ["string", "null"], "description": "In words; null while it was not explained."},
    }
    schema["required"] = list(schema["properties"])
    return schema


AnomalyView = Annotated[dict[str, Any], WithJsonSchema(_anomaly_schema())]
"""The fields of the message `Anomaly`, feature values by name, and its explanation in words."""


class RecentVectorsQuery(PageQuery):
    """`GET /ml/features/recent`."""


class RecentAnomaliesQuery(PageQuery):
    """`GET /ml/anomalies/recent`.

    Attributes:
        min_severity: Less severe anomalies are left out.
    """

    limit: int = Field(50, ge=1, le=MOST)
    min_severity: Severity = Severity.LOW


class VectorView(Answer):
    """One feature vector and, where it is known, its score (0 ordinary to 1 anomalous)."""

    vector_id: str
    user_key: str
    user_id: str | None
    stream: str
    start_us: int
    end_us: int
    features: dict[str, float | None]
    score: float | None
    tail_probability: float | None
    severity: str | None


class RecentVectors(Answer):
    """Newest vectors first.

    Attributes:
        count: Vectors in this answer.
        next_cursor: Where the next page begins; null where this one is the last.
    """

    count: int
    vectors: list[VectorView]
    next_cursor: str | None


class RecentAnomalies(Answer):
    """Newest anomalies first.

    Attributes:
        count: Anomalies in this answer.
        next_cursor: Where the next page begins; null where this one is the last.
    """

    count: int
    anomalies: list[AnomalyView]
    next_cursor: str | None


class CleanupQuery(Asked):
    """`DELETE /ml/features/cleanup`.

    Attributes:
        max_age_hours: How old what stays may be, hours.
    """

    max_age_hours: float = Field(24.0, ge=0, le=LONGEST_AGE_HOURS, allow_inf_nan=False)


class Cleanup(Answer):
    """What a cleanup did.

    Attributes:
        removed: Vectors that were dropped from this gateway's list.
        kept: Vectors that stay in it.
        removed_online: Newest vectors of users that were dropped from the online store; null where there is none.
    """

    removed: int
    kept: int
    removed_online: int | None
