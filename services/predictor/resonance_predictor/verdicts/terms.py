"""Verdicts as detection goes by them: among its terms, so they change at a checkpoint and stand in the snapshot."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from resonance_predictor.findings import Deviation, RuleHit
from resonance_predictor.peaks import Grounds, Learned
from resonance_predictor.severity import DEVIATION_LOW
from resonance_predictor.thresholds import thresholds
from resonance_predictor.verdicts.leave import MOST_EVIDENCE, Leave

Factors = Mapping[tuple[str, Grounds], float]
"""How many times as much evidence a kind asks of everybody, where that is more than once."""

NO_FACTORS: Final[Factors] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What verdicts changed.

    Attributes:
        leaves: What users have leave for.
        shares: Share of its budget that a kind has, where that is less than all of it.
    """

    leaves: tuple[Leave, ...] = ()
    shares: Mapping[str, float] = field(default_factory=dict)
    _by_user: dict[tuple[str, str], tuple[Leave, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        found: dict[tuple[str, str], tuple[Leave, ...]] = {}
        for leave in self.leaves:
            of = leave.user_key, leave.stream
            found[of] = (*found.get(of, ()), leave)
        object.__setattr__(self, "_by_user", found)

    def factors(self, budget: float, learned: Learned) -> Factors:
        """What the shares come to in a stream; `budget` and `learned` as in `thresholds`."""
        if not self.shares:
            return NO_FACTORS
        before = thresholds(budget, learned)
        return {
            (kind, grounds): thresholds(share * budget, learned).of(grounds).low / before.of(grounds).low
            for kind, share in self.shares.items()
            for grounds in Grounds
        }

    def asked_of(self, user_key: str, stream: str, at_us: int, factors: Factors) -> Asked:
        """What is asked of a user at an event time."""
        if not self._by_user and not factors:
            return AS_OF_ANYBODY
        leaves = self._by_user.get((user_key, stream), ())
        in_force = tuple(leave for leave in leaves if at_us < leave.until_us)
        return Asked(in_force, factors) if in_force or factors else AS_OF_ANYBODY

    def without(self, user_key: str) -> Verdicts:
        """The same, but for one user."""
        leaves = tuple(leave for leave in self.leaves if leave.user_key != user_key)
        return self if len(leaves) == len(self.leaves) else Verdicts(leaves, self.shares)


@dataclass(frozen=True, slots=True)
class Asked:
    """What it takes for an incident of one user to be opened now."""

    leaves: tuple[Leave, ...] = ()
    factors: Factors = field(default_factory=lambda: NO_FACTORS)

    def times(self, grounds: Grounds, kind: str) -> float:
        """How many times as much evidence of a kind is asked of everybody, because too often it was none."""
        return self.factors.get((kind, grounds), 1.0)

    def enough(self, grounds: Grounds, kind: str, low: float) -> float:
        """How much evidence is enough, of what the user has leave for; `low` is what is asked of anybody."""
        named = grounds.name.lower()
        seen = max((one.evidence for one in self.leaves if one.kind == kind and one.grounds == named), default=0.0)
        return max(low * self.times(grounds, kind), min(low * seen, MOST_EVIDENCE[grounds]))

    def drift(self, deviation: Deviation) -> float:
        """Spreads of a deviation that prove nothing."""
        if not self.leaves or deviation.finding is None:
            return DEVIATION_LOW
        kind, named = deviation.finding.kind, Grounds.DEVIATION.name.lower()
        return max((DEVIATION_LOW, *(o.farthest for o in self.leaves if o.kind == kind and o.grounds == named)))

    def excused(self, hits: Iterable[RuleHit], firing_us: Mapping[str, int]) -> dict[str, RuleHit]:
        """Those of a vector's hits, by kind, that are to open nothing.

        Args:
            hits: What fires.
            firing_us: For how long each kind has fired; 0 where that is not said.
        """
        if not self.leaves:
            return {}

        def excuses(hit: RuleHit) -> bool:
            kind = hit.finding.kind
            return any(one.kind == kind and one.excuses(hit.finding, firing_us.get(kind, 0)) for one in self.leaves)

        return {hit.finding.kind: hit for hit in hits if excuses(hit)}


NO_VERDICTS: Final = Verdicts()
AS_OF_ANYBODY: Final = Asked()
