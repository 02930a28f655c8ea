"""How soon anomalies were explained, and whether each was, once. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from tests.bench.explained.reading import Told, Topics

SOON_S: Final = 2.0
THROUGH_S: Final = 5.0
"""Anomalies of so many seconds after a kill are those through it, with those that it found waiting."""

PHASES: Final = ("before the kill", "through it", "after it")


@dataclass(frozen=True, slots=True)
class Phase:
    """Delays of some anomalies, from the record of the anomaly to the first one of its explanation, seconds.

    Attributes:
        anomalies: How many there are.
        p50, p95, p99, most: Quantiles.
        late: How many waited longer than SOON_S.
        brief: Of how many explanations something was left out.
    """

    anomalies: int
    p50: float
    p95: float
    p99: float
    most: float
    late: int
    brief: int


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of anomalies.

    Attributes:
        phases: By name; those that had any.
        whole: All of them together.
        missing: Ids that have no explanation.
        unasked: Ids of explanations of no anomaly.
        different: Ids that have explanations of different content.
        repeats: Records of explanations beyond the first.
        failed: Explanations of which a check failed.
        gap_s: Longest time without an explanation around the kill, seconds; 0 without one.
    """

    phases: dict[str, Phase]
    whole: Phase
    missing: tuple[str, ...]
    unasked: tuple[str, ...]
    different: tuple[str, ...]
    repeats: int
    failed: int
    gap_s: float


def judged(topics: Topics, killed_s: float | None) -> Judged:
    """What became of the anomalies on the topics.

    Args:
        topics: What stands there.
        killed_s: When xai was killed, seconds since the epoch; None where it was not.
    """
    first = {id_: told[0] for id_, told in topics.told.items()}
    pairs = [(at_s, first[id_]) for id_, at_s in topics.found.items() if id_ in first]
    of_phase: dict[str, list[tuple[float, Told]]] = {name: [] for name in PHASES}
    for at_s, told in pairs:
        of_phase[_phase(at_s, told.at_s, killed_s)].append((at_s, told))
    return Judged(
        phases={name: _of(some) for name, some in of_phase.items() if some},
        whole=_of(pairs),
        missing=tuple(sorted(topics.found.keys() - first.keys())),
        unasked=tuple(sorted(first.keys() - topics.found.keys())),
        different=tuple(sorted(i for i, told in topics.told.items() if len({one.content for one in told}) > 1)),
        repeats=sum(len(told) - 1 for told in topics.told.values()),
        failed=sum(one.failed for one in first.values()),
        gap_s=_gap(sorted(one.at_s for told in topics.told.values() for one in told), killed_s),
    )


def _phase(found_s: float, told_s: float, killed_s: float | None) -> str:
    if killed_s is None or told_s < killed_s:
        return PHASES[0]
    return PHASES[1] if found_s < killed_s + THROUGH_S else PHASES[2]


def _of(pairs: Sequence[tuple[float, Told]]) -> Phase:
    delays = np.array([told.at_s - at_s for at_s, told in pairs])
    if not len(delays):
        return Phase(0, 0.0, 0.0, 0.0, 0.0, 0, 0)
    p50, p95, p99, most = np.quantile(delays, [0.5, 0.95, 0.99, 1.0]).tolist()
    late, brief = int((delays > SOON_S).sum()), sum(told.brief for _, told in pairs)
    return Phase(len(pairs), p50, p95, p99, most, late, brief)


def _gap(times: Sequence[float], killed_s: float | None) -> float:
    """From the last explanation before the kill to the first one after it."""
    if killed_s is None:
        return 0.0
    before = max((at for at in times if at <= killed_s), default=killed_s)
    after = min((at for at in times if at > killed_s), default=float("inf"))
    return after - before
