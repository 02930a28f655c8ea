"""What detection goes by: rules, model, quiet time, memory, observe-only, limits, budget of false incidents.

Changed as a whole, at a checkpoint only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import msgspec

from resonance_predictor.baseline import Prior
from resonance_predictor.limits.terms import LimitTerms
from resonance_predictor.rules import RuleBook
from resonance_predictor.scorer import ModelVersion, Scorer
from resonance_predictor.thresholds import DEFAULT_BUDGET

DEFAULT_QUIET_US: Final = 300_000_000
DEFAULT_IDLE_US: Final = 24 * 3600 * 1_000_000


class Origin(msgspec.Struct, frozen=True):
    """By what something was found, as it stands in messages; empty names where there was no model."""

    model_name: str
    model_version: str
    rules_version: str


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
    """

    rules: RuleBook
    scorer: Scorer | None = None
    quiet_us: int = DEFAULT_QUIET_US
    idle_us: int = DEFAULT_IDLE_US
    observe_only: bool = False
    limits: LimitTerms | None = None
    false_incidents: float = DEFAULT_BUDGET

    @property
    def model(self) -> ModelVersion | None:
        """Which model is in force."""
        return None if self.scorer is None else self.scorer.model

    def differ(self, other: Terms) -> bool:
        """Whether detection may say something else under the other terms."""
        return self._named() != other._named()

    def _named(self) -> tuple[object, ...]:
        times = self.quiet_us, self.idle_us
        return self.rules.version, self.model, *times, self.observe_only, self.limits, self.false_incidents

    @property
    def prior(self) -> Prior:
        """What is known of a user not seen before."""
        return Prior.unknown() if self.scorer is None else self.scorer.prior

    @property
    def origin(self) -> Origin:
        """By what things are found under these terms."""
        model = self.model or ModelVersion("", "")
        return Origin(model.name, model.version, self.rules.version)
