"""Feature vectors and scores, as the gateway remembers them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Vector:
    """One feature vector; values in the catalogue's order. `received_us` is when this gateway read it."""

    vector_id: str
    user_key: str
    stream: str
    start_us: int
    end_us: int
    values: tuple[float, ...]
    received_us: int = 0


@dataclass(frozen=True, slots=True)
class Score:
    """What the predictor said of one vector; NaN where no model scored."""

    score: float
    tail_probability: float
    severity: int
