"""What speaks against a user: the open incidents that their newest vector counts into, and its score.

They are taken as independent and combined as such: 1 - (1 - a)(1 - b)…, "noisy or" (Pearl 1988, 4.3.2).
"""

from __future__ import annotations

from collections.abc import Iterable
from math import prod
from typing import Final

from resonance_contracts.features import BY_NAME, Group
from resonance_predictor.habit import MOST
from resonance_predictor.incidents import Incident
from resonance_predictor.severity import Severity

OF_SEVERITY: Final = {
    Severity.NONE: 0.0,
    Severity.LOW: 0.25,
    Severity.MEDIUM: 0.5,
    Severity.HIGH: 0.75,
    Severity.CRITICAL: 1.0,
}
"""Risk that one incident stands for."""

OF_SCORE: Final = 0.25
"""Risk that the rarest score stands for; the score of an ordinary vector stands for none."""

LONGEST_US: Final = 2 * 3600 * 1_000_000
"""Event time after which an incident is no reason any more: people know of it, and what lasts is learned as normal."""

_OF_LIMITS: Final = frozenset({Group.LIMITS, Group.ERRORS})


def causes(counted: Iterable[Incident], end_us: int) -> list[Incident]:
    """The incidents among those a vector counts into that are a reason to limit its user, gravest first.

    Not those of refused frames and errors: a limit refuses frames, and would keep itself alive.

    Args:
        counted: Incidents that the vector counts into.
        end_us: When it ends.
    """
    found = [one for one in counted if not _of_limits(one) and end_us - one.opened_us < LONGEST_US]
    return sorted(found, key=lambda one: (-one.severity, one.opened_us, one.alert_id))


def risk_of(found: Iterable[Incident], excess: float) -> float:
    """How much speaks against a user, 0 to 1.

    Args:
        found: What `causes` gave.
        excess: The score's surprise beyond what is ordinary for this user, decades; not above 0 for none.
    """
    score = OF_SCORE * min(max(excess, 0.0) / MOST, 1.0)
    return 1.0 - (1.0 - score) * prod(1.0 - OF_SEVERITY[one.severity] for one in found)


def _of_limits(incident: Incident) -> bool:
    features = incident.finding.features
    return bool(features) and BY_NAME[features[0]].group in _OF_LIMITS
