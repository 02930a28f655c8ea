"""Tests of rules, as an operator writes them beside the rules: vectors, and the incidents that they open."""

from __future__ import annotations

from typing import Annotated, Any, Final

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, FiniteFloat, field_validator

from resonance_contracts.features import BY_NAME, FEATURE_NAMES
from resonance_predictor.feature_values import refuse_impossible
from resonance_predictor.severity import SeverityName

NOT_GIVEN: Final = {**dict.fromkeys(FEATURE_NAMES, 0.0), "login_intervals": BY_NAME["login_intervals"].upper}
"""Values of features that a test does not name: those of a user of whom there is nothing to tell."""

MOST_VECTORS: Final = 100


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, dict) else value


class RuleTest(BaseModel):
    """What the rules must say of some vectors of one user.

    Attributes:
        name: What it shows, for people.
        given: Vectors by name of feature, one after the other; a single one may stand without a list. Features that
            are not named have the values of `NOT_GIVEN`.
        times: How often `given` comes in a row.
        opens: Kinds that rules open on the way, and how grave each is at the end; empty for none.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1, max_length=200)
    given: Annotated[
        tuple[dict[str, FiniteFloat], ...], BeforeValidator(_as_list), Field(min_length=1, max_length=MOST_VECTORS)
    ]
    times: int = Field(default=1, ge=1, le=1000)
    opens: dict[str, SeverityName]

    @field_validator("given")
    @classmethod
    def _possible(cls, given: tuple[dict[str, float], ...]) -> tuple[dict[str, float], ...]:
        for vector in given:
            refuse_impossible(vector)
        return given

    def values(self) -> NDArray[np.float64]:
        """Its vectors, (len(given), WIDTH), in the catalogue's order; not repeated."""
        return np.array([[{**NOT_GIVEN, **vector}[name] for name in FEATURE_NAMES] for vector in self.given])
