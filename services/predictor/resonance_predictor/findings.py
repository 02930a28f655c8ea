"""Reasons why a vector is called anomalous, one by one, whether or not they amount to an incident."""

from __future__ import annotations

from enum import IntEnum
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from resonance_contracts.features import FEATURES, INDEX, Group
from resonance_predictor import climb
from resonance_predictor.rules import RuleBook
from resonance_predictor.severity import DEVIATION_LOW, TAIL_LOW, Severity, of_deviation, of_tail

Floats = NDArray[np.float64]

UNUSUAL_BEHAVIOUR: Final = "unusual_behaviour"
UNUSUAL_CLIMB: Final = f"unusual_{climb.GROUP}"
_GROUPS: Final[tuple[tuple[Group, tuple[int, ...]], ...]] = tuple(
    (group, tuple(i for i, feature in enumerate(FEATURES) if feature.group is group)) for group in Group
)


class Detector(IntEnum):
    """Who says it; the numbers are those of the wire type. A lower number outranks a higher one."""

    RULE = 1
    BASELINE = 2
    MODEL = 3


class Finding(msgspec.Struct, frozen=True):
    """One reason.

    Attributes:
        detector: Who says it.
        kind: Kind of incident that it speaks for.
        severity: How grave it is.
        features: What carried the decision, strongest first; empty for a model.
        observed, threshold: What was compared with what: the headline feature and its threshold for a rule,
            spreads for a baseline, tail probabilities for a model.
    """

    detector: Detector
    kind: str
    severity: Severity
    features: tuple[str, ...]
    observed: float
    threshold: float


class RuleHit(msgspec.Struct, frozen=True):
    """A rule's finding, with what its incident needs: see `Rule`."""

    finding: Finding
    persist: int
    covers: tuple[Group, ...]


class Deviation(msgspec.Struct, frozen=True):
    """A deviation of one group of features; its finding is None below the least severity.

    Attributes:
        group: The group.
        size: Spreads of its most deviating feature; 0 where all are on the ordinary side.
        finding: What it amounts to.
    """

    group: Group
    size: float
    finding: Finding | None


def of_rules(rules: RuleBook, fires: NDArray[np.bool_], values: Floats) -> tuple[RuleHit, ...]:
    """The gravest firing rule of each kind, gravest first.

    Args:
        rules: The rules in force.
        fires: Which of them fire, (rules,).
        values: The vector, (WIDTH,).
    """
    hits: dict[str, RuleHit] = {}
    for position in np.flatnonzero(fires):
        rule = rules.rules[position]
        headline = rule.when[0]
        finding = Finding(
            Detector.RULE,
            rule.kind,
            rule.grade,
            tuple(dict.fromkeys(c.feature for c in rule.when)),
            float(values[INDEX[headline.feature]]),
            headline.threshold,
        )
        hits.setdefault(rule.kind, RuleHit(finding, rule.persist, tuple(sorted(rule.covered))))
    return tuple(hits.values())


def of_baseline(deviations: Floats) -> tuple[Deviation, ...]:
    """Deviations of all groups, largest first; equal ones in the order of `Group`.

    Args:
        deviations: Spreads from the user's normal, positive where suspicious, (WIDTH,).
    """
    sizes = deviations.tolist()
    found = [_of_group(group, members, sizes) for group, members in _GROUPS]
    return tuple(sorted(found, key=lambda deviation: -deviation.size))


def _of_group(group: Group, members: tuple[int, ...], sizes: list[float]) -> Deviation:
    ranked = sorted(members, key=lambda i: -sizes[i])
    size = max(sizes[ranked[0]], 0.0)
    severity = of_deviation(size)
    if severity is Severity.NONE:
        return Deviation(group, size, None)
    names = tuple(FEATURES[i].name for i in ranked if sizes[i] >= DEVIATION_LOW)
    return Deviation(group, size, Finding(Detector.BASELINE, f"unusual_{group}", severity, names, size, DEVIATION_LOW))


def of_climb(deviations: Floats) -> Finding:
    """A rise that stays; what is observed is its size now.

    Args:
        deviations: Spreads from the user's normal, positive where suspicious, (WIDTH,); one of the group is at least
            `climb.DRIFT`.
    """
    ranked = sorted((i for i in climb.COLUMNS if deviations[i] >= climb.DRIFT), key=lambda i: -deviations[i])
    names = tuple(FEATURES[i].name for i in ranked)
    size = float(deviations[ranked[0]])
    return Finding(Detector.BASELINE, UNUSUAL_CLIMB, Severity.LOW, names, size, climb.DRIFT)


def of_model(tail_probability: float) -> Finding | None:
    """What a model's tail probability amounts to; None for an ordinary one, and for NaN."""
    severity = of_tail(tail_probability)
    if severity is Severity.NONE:
        return None
    return Finding(Detector.MODEL, UNUSUAL_BEHAVIOUR, severity, (), tail_probability, TAIL_LOW)
