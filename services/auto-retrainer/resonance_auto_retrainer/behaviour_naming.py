"""What kinds of users are called: by that in which they differ most from all users."""

from __future__ import annotations

from itertools import combinations
from typing import Final

import numpy as np
from numpy.typing import NDArray

from resonance_contracts.features import FEATURE_NAMES, INDEX
from resonance_narration import BehaviourFacts, Trait

NOTABLE: Final = 0.8
"""Spreads from the middle of all users: a large effect (Cohen 1988, "Statistical Power Analysis", 2.2.3)."""

MOST_TRAITS: Final = 3
PACE: Final = ("messages_per_minute", "requests_per_user", "channel_activity")
"""They say the same in other units: of several that go the same way, the first is told."""

Floats = NDArray[np.float64]


def facts_of(spreads: Floats, centers: Floats) -> list[BehaviourFacts]:
    """What is told of kinds of users.

    Args:
        spreads: How far each is from the middle of all users, in spreads of all users, (kinds, WIDTH).
        centers: What each ordinarily does, in the features' units, (kinds, WIDTH).
    """
    every = [traits_of(kind) for kind in spreads]
    facts = []
    for traits, center in zip(every, centers, strict=True):
        alike = spreads[[other == traits for other in every]]
        apart = _most_apart(alike)
        facts.append(BehaviourFacts(traits, FEATURE_NAMES[apart], float(center[apart])))
    return facts


def traits_of(kind: Floats) -> tuple[Trait, ...]:
    """At most MOST_TRAITS, a function of that kind alone; in the catalogue's order, so that none depends on which of
    two is a little larger.

    Args:
        kind: How far it is from the middle of all users, in spreads of all users, (WIDTH,).
    """
    told: list[int] = []
    for feature in np.argsort(-np.abs(kind), kind="stable").tolist():
        if abs(kind[feature]) >= NOTABLE and not _said_already(kind, feature):
            told.append(feature)
    return tuple(Trait(FEATURE_NAMES[f], bool(kind[f] > 0)) for f in sorted(told[:MOST_TRAITS]))


def _said_already(kind: Floats, feature: int) -> bool:
    name = FEATURE_NAMES[feature]
    before = PACE[: PACE.index(name)] if name in PACE else ()
    values = [kind[INDEX[one]] for one in before]
    return any(abs(value) >= NOTABLE and (value > 0) == (kind[feature] > 0) for value in values)


def _most_apart(kinds: Floats) -> int:
    """The feature in which the two that are nearest to each other are farthest apart."""
    gaps = [np.abs(one - other) for one, other in combinations(kinds, 2)]
    return int(np.argmax(np.min(gaps, axis=0))) if gaps else 0
