"""What values add, from dictionaries of a question to facts and to the answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import nan
from typing import Any

from resonance_llm_orchestrator.plain_text import plain
from resonance_llm_orchestrator.tasks.untrusted import LONGEST_NAME, name_of
from resonance_narration import FeatureFact, shares_of
from resonance_tasks.contribution import Contribution, Direction

Numbers = Mapping[str, float]


def features_of(values: Numbers, attributions: Numbers, usual: Numbers, spread: Numbers) -> tuple[FeatureFact, ...]:
    """Facts of all names, the largest absolute attribution first, then what is farthest from usual."""
    names = list(dict.fromkeys([*attributions, *values]))
    found = [
        FeatureFact(
            name, values.get(name, nan), None, attributions.get(name, 0.0), usual.get(name), spread.get(name)
        )
        for name in names
    ]  # fmt: skip
    return tuple(sorted(found, key=lambda fact: (-abs(fact.attribution), -abs(distance(fact) or 0.0))))


def distance(fact: FeatureFact) -> float | None:
    """Spreads between the value and the usual one, signed; None where that is not known."""
    if fact.value != fact.value or fact.usual is None or not fact.usual_spread or fact.usual_spread < 0:
        return None
    return (fact.value - fact.usual) / fact.usual_spread


def sayable(features: Sequence[FeatureFact]) -> tuple[FeatureFact, ...]:
    """Those whose names may stand in our sentences."""
    return tuple(fact for fact in features if name_of(fact.name) == fact.name)


def contributions_of(features: Sequence[FeatureFact]) -> list[Contribution]:
    """For the answer; what adds nothing is left out."""
    weighed = zip(features, shares_of(features), strict=True)
    return [
        Contribution(
            feature=plain(fact.name, LONGEST_NAME),
            value=None if fact.value != fact.value else fact.value,
            usual=fact.usual,
            attribution=fact.attribution,
            share=share,
            direction=_direction(fact.attribution),
        )
        for fact, share in weighed
        if fact.attribution
    ]


def told(features: Sequence[FeatureFact]) -> list[dict[str, Any]]:
    """For whoever words it: names are values here, for strangers may have chosen them."""
    weighed = zip(features, shares_of(features), strict=True)
    return [
        known(
            name=plain(fact.name, LONGEST_NAME),
            value=None if fact.value != fact.value else fact.value,
            usual=fact.usual,
            usual_spread=fact.usual_spread,
            attribution=fact.attribution or None,
            share=share or None,
            direction=str(_direction(fact.attribution)) if fact.attribution else None,
        )
        for fact, share in weighed
    ]


def known(**entries: Any) -> dict[str, Any]:
    """Without what is not known."""
    return {name: value for name, value in entries.items() if value is not None and value != ""}


def _direction(attribution: float) -> Direction:
    if not attribution:
        return Direction.NEITHER
    return Direction.RAISES if attribution > 0 else Direction.LOWERS
