"""What is asked of a version before it is the champion, and while it is new."""

from __future__ import annotations

from dataclasses import dataclass
from math import log
from typing import Final, Literal

MINUTE_US: Final = 60_000_000

Mode = Literal["trial", "direct"]

STAGES: Final = 3
"""Stages with a test each, among which the probability of a false alarm is divided."""


@dataclass(frozen=True, slots=True)
class TrialTerms:
    """Terms of a trial.

    Attributes:
        mode: "trial"; or "direct", where what passes the gates is the champion at once.
        shadow_us: How long a version is scored beside the champion at least.
        share: Share of the users whom it serves in A/B.
        min_us, max_us: How long A/B takes at least, and at most where nothing is shown.
        bake_us: How long the champion before is still scored beside a new one.
        min_users, min_vectors: Compared before a stage may end well.
        alpha: Probability, at most, that a version that finds no more users unusual than the champion is withdrawn or
            rolled back for finding more, in all stages together.
        ratio: Times as many users as the champion that are too many.
    """

    mode: Mode = "trial"
    shadow_us: int = 120 * MINUTE_US
    share: float = 0.2
    min_us: int = 120 * MINUTE_US
    max_us: int = 720 * MINUTE_US
    bake_us: int = 360 * MINUTE_US
    min_users: int = 20
    min_vectors: int = 1000
    alpha: float = 0.05
    ratio: float = 1.5

    @property
    def bar(self) -> float:
        """Natural logarithm of the evidence that a stage asks for."""
        return log(STAGES / self.alpha)


DIRECT: Final = TrialTerms(mode="direct")
