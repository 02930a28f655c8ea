"""What detection goes by: rules, models, quiet time, memory, observe-only, limits, budget of false incidents, verdicts.

Changed as a whole, at a checkpoint only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import msgspec

from resonance_predictor.baseline import Prior
from resonance_predictor.limits.terms import LimitTerms
from resonance_predictor.rules import RuleBook
from resonance_predictor.scorer import ModelVersion, OtherVersions, Scorer, model_of
from resonance_predictor.thresholds import DEFAULT_BUDGET
from resonance_predictor.time_zones import DAY_US, UTC_ZONE, TimeZone
from resonance_predictor.verdicts.terms import NO_VERDICTS, Verdicts

DEFAULT_QUIET_US: Final = 300_000_000
DEFAULT_IDLE_US: Final = DAY_US
DEFAULT_WEEKS_US: Final = 28 * DAY_US


class Origin(msgspec.Struct, frozen=True):
    """By what something was found, as it stands in messages; empty names where there was no model."""

    model_name: str
    model_version: str
    rules_version: str


@dataclass(frozen=True, slots=True)
class Others:
    """The versions beside the champion.

    Attributes:
        challenger: Scores the vectors of some of the users in its place.
        share: Which share of the users these are, above 0 and below 1; 0 without a challenger.
        shadow: Scores every vector, too, and nothing follows from it.
        former: Scores the vectors that the champion fails on: the champion before it.
    """

    challenger: Scorer | None = None
    share: float = 0.0
    shadow: Scorer | None = None
    former: Scorer | None = None

    @property
    def versions(self) -> OtherVersions:
        """Which they are."""
        return OtherVersions(model_of(self.challenger), self.share, model_of(self.shadow), model_of(self.former))

    def beside(self, champion: Scorer | None) -> Others:
        """Those of them that are other versions than the champion; none without one, for they are measured by it."""
        if champion is None:
            return NONE

        def other(scorer: Scorer | None) -> Scorer | None:
            return None if model_of(scorer) == champion.model else scorer

        challenger = other(self.challenger)
        return Others(challenger, 0.0 if challenger is None else self.share, other(self.shadow), other(self.former))


NONE: Final = Others()


@dataclass(frozen=True, slots=True)
class Terms:
    """What detection goes by.

    Attributes:
        rules: Rules in force.
        scorer: Model in force; None until the first was promoted.
        quiet_us: Event time without a counting vector after which an incident is resolved.
        idle_us: Event time without a vector after which a user is forgotten.
        observe_only: Whether incidents that open from now on are held back: nobody is told of them, or of their end.
        limits: What limits of users go by; None while none are set.
        false_incidents: Budget of false incidents, of 1,000 users a day: see `thresholds`.
        others: The versions beside it.
        verdicts: What operators' verdicts changed.
        time_zone: Where it is the part of the week that vectors are compared with.
        weeks_us: Event time without a vector after which that, too, is forgotten; below `idle_us` it is as that.
    """

    rules: RuleBook
    scorer: Scorer | None = None
    quiet_us: int = DEFAULT_QUIET_US
    idle_us: int = DEFAULT_IDLE_US
    observe_only: bool = False
    limits: LimitTerms | None = None
    false_incidents: float = DEFAULT_BUDGET
    others: Others = NONE
    verdicts: Verdicts = NO_VERDICTS
    time_zone: TimeZone = UTC_ZONE
    weeks_us: int = DEFAULT_WEEKS_US

    @property
    def model(self) -> ModelVersion | None:
        """Which model is in force."""
        return model_of(self.scorer)

    def differ(self, other: Terms) -> bool:
        """Whether detection may say something else under the other terms."""
        return self._named() != other._named()

    def _named(self) -> tuple[object, ...]:
        times = self.quiet_us, self.idle_us, self.weeks_us, self.time_zone
        after = self.false_incidents, self.others.versions, self.verdicts
        return self.rules.version, self.model, *times, self.observe_only, self.limits, *after

    @property
    def prior(self) -> Prior:
        """What is known of a user not seen before."""
        return prior_of(self.scorer) or Prior.unknown()

    def origin(self, scorer: Scorer | None) -> Origin:
        """By what things are found under these terms where this model scored."""
        model = model_of(scorer) or ModelVersion("", "")
        return Origin(model.name, model.version, self.rules.version)


def prior_of(scorer: Scorer | None) -> Prior | None:
    """What a model knows of a user not seen before; None of none."""
    return None if scorer is None else scorer.prior
