"""One vector of a user and what it changes of their limit.

A user is limited while they send more than the limit allows and an incident says that something is wrong with them;
who sends less needs no limit. It ends by itself soon after either is over.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from resonance_predictor.incidents import Incident, Observation
from resonance_predictor.limits.holding import Held, hold
from resonance_predictor.limits.policy import allowance
from resonance_predictor.limits.risk import causes, risk_of
from resonance_predictor.limits.terms import LimitTerms


@dataclass(frozen=True, slots=True)
class Limiting:
    """A limit that is set or renewed, and why.

    Attributes:
        held: The limit.
        cause: The gravest incident that speaks against the user.
        pace: Messages a second that the user sends.
        ordinary: What they send in a busy minute of their own; None where it is not known.
    """

    held: Held
    cause: Incident
    pace: float
    ordinary: float | None


def limit(
    before: Held | None,
    seen: Observation,
    counted: Iterable[Incident],
    pace: float,
    ordinary: float | None,
    terms: LimitTerms,
) -> Limiting | None:
    """The limit that is to be set after a vector; None where nothing is to be said.

    Args:
        before: The user's limit that was set last.
        seen: What detectors say of the vector.
        counted: Incidents that it counts into.
        pace, ordinary: As in `Limiting`.
        terms: What limits go by.
    """
    found = causes(counted, seen.end_us)
    if not found:
        return None
    wanted = allowance(ordinary, risk_of(found, seen.model_excess), terms.everybody, terms.load)
    if wanted is None or pace <= wanted.rate:
        return None
    held = hold(before, wanted, found[0].severity, max(seen.end_us, seen.heard_us), terms.lasts_us)
    return None if held is None else Limiting(held, found[0], pace, ordinary)
