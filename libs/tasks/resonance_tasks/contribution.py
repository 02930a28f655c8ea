"""What one value adds to what a model says."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict


class Direction(StrEnum):
    """Which way a value moves what the model says."""

    RAISES = "raises"
    LOWERS = "lowers"
    NEITHER = "neither"


class Contribution(BaseModel):
    """What one value adds.

    Attributes:
        feature: Its name.
        value: The value; null where it was not given.
        usual: What it is compared with; null where it was not given.
        attribution: What it adds, signed, in the unit of the question.
        share: Of all attributions, without their signs, 0 to 1.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    feature: str
    value: float | None
    usual: float | None
    attribution: float
    share: float
    direction: Direction
