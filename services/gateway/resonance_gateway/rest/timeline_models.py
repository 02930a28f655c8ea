"""What REST answers about the last vectors of one person."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from resonance_gateway.rest.list_models import VectorView
from resonance_gateway.rest.models import Answer, Asked


class TimelineQuery(Asked):
    """`GET /ml/users/{id}/features`.

    Attributes:
        stream: Of this stream alone, as `live`; of whichever the newest vector is where it is not given.
    """

    stream: Annotated[str | None, Field(min_length=1, max_length=256)] = None


class NormalView(Answer):
    """What is usual of a person in one feature.

    Attributes:
        mean, spread: Mean and standard deviation.
        low, median, high: What 5, 50 and 95 % of the time is below; null where that is not known.
    """

    mean: float | None
    spread: float | None
    low: float | None
    median: float | None
    high: float | None


class Timeline(Answer):
    """The last vectors of a person in one stream, oldest first.

    Of whoever was flagged of late the last 120 are kept; of others those among the newest of everybody.

    Attributes:
        stream: Which one; null where there are no vectors.
        normal: What was usual of the person before the last anomaly, by feature; empty where that is not known.
        normal_weight: Vectors that it was learned from.
        normal_until_us: When that anomaly ended, microseconds since the epoch; null where there is none.
    """

    user_key: str
    user_id: str | None
    stream: str | None
    count: int
    vectors: list[VectorView]
    normal: dict[str, NormalView]
    normal_weight: int
    normal_until_us: int | None
