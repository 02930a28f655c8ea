"""What was found of a version's reasons beside the champion's, and whether it is enough."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from resonance_auto_retrainer.trials.exchange import Exchange
from resonance_auto_retrainer.trials.gate import Gate

NAME: Final = "reasons"

LEAST_AGREEMENT: Final = 0.84
"""Mean overlap of shares that is asked over all vectors.

Of trainings that differ in nothing but whom they saw, one in a thousand is below 0.846 (0.687 of a kind), and moves by
more than 0.092, in the crowd of the simulator in which they differ most; `python -m tests.bench.explaining.retrained`
measures that. The limits are a little wider. Models of other people and of another day were at 0.87 and above.
"""

LEAST_OF_A_KIND: Final = 0.68
"""The same of each kind of vector by itself."""

NOISE: Final = 0.02
"""Spreads by which every feature is moved to see whether reasons stay: less than one message more or less does."""

MOST_MOVED: Final = 0.10
"""How far attributions may move with that, on average, as a share of their length."""

YOUNG: Final = (
    "That does not keep it out: the champion was learned within the first day of traffic, when a whole day was known "
    "of nobody."
)


@dataclass(frozen=True, slots=True)
class Changed:
    """A feature, and its mean share in the reasons, without regard to sign, by champion and by candidate."""

    feature: str
    before: float
    now: float

    def __str__(self) -> str:
        return f"{self.feature} from {self.before:.0%} to {self.now:.0%}"


@dataclass(frozen=True, slots=True)
class Reasons:
    """What was found.

    Attributes:
        vectors: How many were looked at.
        moved: How far the candidate's attributions move where values move by NOISE; None where it has none.
        agreement: Mean overlap with the champion's by kind of vector; empty where they were not compared.
        changed: Features whose shares changed most in the kinds that agree too little, the most first.
        why_not: Why they were not compared, a sentence; "" where they were.
        left_out: Features that drifted, so that other reasons are right.
        restless: Features whose attributions move most with the noise, the most first.
        exchange: The features that it is likeliest to have taken for one another; None where they were not compared.
        figures: For manifest and report, by name; see `comparing`.
        young: Whether the champion is too young to be a measure: then others than its reasons are no fault.
    """

    vectors: int
    moved: float | None
    agreement: Mapping[str, float] = field(default_factory=dict)
    changed: tuple[Changed, ...] = ()
    why_not: str = ""
    left_out: tuple[str, ...] = ()
    restless: tuple[str, ...] = ()
    exchange: Exchange | None = None
    figures: Mapping[str, float] = field(default_factory=dict)
    young: bool = False

    @property
    def gate(self) -> Gate:
        """Passed by a version that agrees with the champion in each kind of vector, took no feature for another, and
        agrees with itself nearby.

        Where they were not compared, or the champion is young, the last alone decides. A champion whose reasons cannot
        be had, or are those of the first hours, is no measure; if that kept others out, it would stay for ever.
        """
        stays = self.moved is not None and self.moved <= MOST_MOVED
        return Gate(NAME, stays and (self.young or not self._others), self.said)

    @property
    def differing(self) -> list[str]:
        """Kinds of vectors in which it agrees too little with the champion; all where it does so altogether."""
        if self.agreement and self.figures["reasons_agreement"] < LEAST_AGREEMENT:
            return list(self.agreement)
        return [kind for kind, value in self.agreement.items() if value < LEAST_OF_A_KIND]

    @property
    def said(self) -> str:
        """In a few sentences."""
        return " ".join([self._of_both(), *([YOUNG] if self.young and self._others else []), self._of_one()])

    @property
    def _others(self) -> bool:
        """Whether they are not the champion's."""
        return bool(self.differing) or self._mistaken

    @property
    def _mistaken(self) -> bool:
        return self.exchange is not None and self.exchange.likely

    def _of_both(self) -> str:
        if self.why_not:
            return f"Its reasons were not compared: {self.why_not}"
        least = min(self.agreement, key=self.agreement.__getitem__)
        without = f" without {', '.join(self.left_out)}, which drifted," if self.left_out else ""
        most = f"; what changed most is the share of {', '.join(map(str, self.changed))}" if self.changed else ""
        mistaken = f"; {self.exchange}" if self._mistaken else ""
        return (
            f"Its reasons for {self.vectors} vectors{without} overlap with the champion's by "
            f"{self.figures['reasons_agreement']:.0%} (at least {LEAST_AGREEMENT:.0%} is asked), least of all where "
            f"there is “{least}”, by {self.agreement[least]:.0%} (at least {LEAST_OF_A_KIND:.0%}){most}{mistaken}."
        )

    def _of_one(self) -> str:
        if self.moved is None:
            return "Of its own nothing can be said."
        most = f", most of all {' and '.join(self.restless)}" if self.moved > MOST_MOVED else ""
        return (
            f"They move by {self.moved:.1%} where values move by {NOISE:.0%} of their spread (at most {MOST_MOVED:.0%} "
            f"is accepted){most}."
        )
