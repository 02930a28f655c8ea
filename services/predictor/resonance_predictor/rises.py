"""How an open incident became graver than was told of it: each rise is told once, and says what made it so."""

from __future__ import annotations

import msgspec

from resonance_predictor.findings import Finding
from resonance_predictor.severity import Severity
from resonance_predictor.thresholds import Cuts


class Cause(msgspec.Struct, frozen=True):
    """What makes an incident so grave.

    Attributes:
        severity: How grave.
        finding: Of the rule that says so; None for evidence.
        evidence, enough: The evidence, and from which on it is so grave, as multiples of what makes an incident of
            anybody; 0 of a rule.
    """

    severity: Severity
    finding: Finding | None = None
    evidence: float = 0.0
    enough: float = 0.0


class Rise(msgspec.Struct, frozen=True):
    """One rise.

    Attributes:
        before: What it was told to be until then.
        cause: What made it graver.
        vector_id, end_us, first_received_us, last_received_us: The vector that did.
    """

    before: Severity
    cause: Cause
    vector_id: str
    end_us: int
    first_received_us: int
    last_received_us: int


def by_rule(finding: Finding) -> Cause:
    """A rule says how grave it is."""
    return Cause(finding.severity, finding)


def by_evidence(cuts: Cuts, amount: float) -> Cause:
    """A sum of evidence amounts to a grade."""
    severity = cuts.grade(amount)
    enough = {Severity.MEDIUM: cuts.medium, Severity.HIGH: cuts.high}.get(severity, cuts.low)
    return Cause(severity, None, amount / cuts.low, enough / cuts.low)
