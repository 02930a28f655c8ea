"""Shapley values for a question, by its deadline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from resonance_attribution.attribution import ENUMERATED, attribution
from resonance_attribution.deadline import Deadline
from resonance_attribution.sampling import MISSES, Until
from resonance_attribution.shapley import Attribution
from resonance_xai.asked.subject import Subject

Floats = NDArray[np.float64]

TARGET: Final = 0.005
"""Error at which sampling ends, as a share of the explained difference."""
MOST_ROWS: Final = 200_000


@dataclass(frozen=True, slots=True)
class InTime:
    """An attribution by a deadline.

    Attributes:
        attribution: Base, score and values; they add up.
        partial: Whether the deadline cut it short.
        members: Of the surprise of each detector that the number is made of, by name; empty where they are not known.
    """

    attribution: Attribution
    partial: bool
    members: Mapping[str, Attribution] = field(default_factory=dict)

    @property
    def confidence(self) -> float:
        """With which probability no value is further off than the bound."""
        return 1.0 - MISSES if self.attribution.sampled else 1.0


def in_time(subject: Subject, vector: Floats, reference: Floats, deadline: Deadline) -> InTime:
    """Shapley values of the subject's number at `vector`, against `reference`. Raises EfficiencyViolated."""
    exact = subject.exact(vector, reference) if subject.exact is not None else None
    if exact is not None:
        return InTime(exact.whole, partial=False, members=exact.members)
    ends = subject.score(np.stack([reference, vector]))
    near = TARGET * max(abs(float(ends[1] - ends[0])), 1e-12)
    found = attribution(subject, vector, reference, Until(MOST_ROWS, near, deadline))
    fits = int((vector != reference).sum()) <= ENUMERATED
    cut = fits or (deadline.passed and found.bound > near)
    return InTime(found, partial=found.sampled and cut)
