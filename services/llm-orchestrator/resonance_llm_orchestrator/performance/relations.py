"""Which series move together, and which of them moves first.

Each series is prewhitened by an autoregression of its own and its residuals are replaced by normal scores, so that
neither persistence nor a single spike makes two series look alike. Of two unrelated series the correlation at one lag
then has a standard deviation of 1/√n (Haugh, "Checking the independence of two covariance-stationary time series",
JASA 1976). The largest over all lags is judged by the number of lags (Šidák) and of pairs (Holm), 1 % over everything.

Where it lies at a lag, an F test says whether the earlier series helps to foretell the later one, beyond the later
one's own past (Granger, "Investigating causal relations by econometric models", Econometrica 1969). Neither proves a
cause: something that was not measured may move both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from resonance_llm_orchestrator.performance.changes import Course
from resonance_llm_orchestrator.performance.distributions import f_tail, normal_tails, normal_value
from resonance_llm_orchestrator.performance.grid import Floats

FALSE_ALARMS: Final = 0.01
"""Chance that unrelated series give any relation."""
FEWEST: Final = 40
"""Fewest cells that two series have in common."""
LONGEST_LAG: Final = 20
LONGEST_MEMORY: Final = 5
LEAST: Final = 0.2
"""Correlations that are smaller are not worth telling, however sure they are."""


@dataclass(frozen=True, slots=True)
class Relation:
    """Two series that move together.

    Attributes:
        source, target: Names; the target follows where there is a lag.
        lag: Cells by which the target follows; 0 where they move at once.
        correlation: Of what is new in each, at that lag, -1 to 1.
        p: Chance of so strong a one between unrelated series, corrected for lags and pairs.
        foretells: Chance of so much help of the source in foretelling the target, if it were none; None where untested.
        both_ways: Whether the target also helps to foretell the source: a loop, or something that moves both.
        changes: Cells from a change of the source to one of the target, where one follows within the longest lag.
    """

    source: str
    target: str
    lag: int
    correlation: float
    p: float
    foretells: float | None = None
    both_ways: bool = False
    changes: int | None = None

    @property
    def leads(self) -> bool:
        """Whether the source may be a cause: it is earlier and it foretells."""
        return self.lag > 0 and self.foretells is not None and self.foretells < FALSE_ALARMS


def relations_of(series: Mapping[str, Floats], courses: Mapping[str, Course]) -> list[Relation]:
    """Relations of all pairs, the surest first.

    Args:
        series: On one grid, NaN where nothing was measured.
        courses: Of those that are looked into.
    """
    cells = max((values.size for values in series.values()), default=0)
    longest = max(1, min(LONGEST_LAG, cells // 10))
    fresh = {name: scores_of(residuals_of(series[name])) for name in courses}
    found = [
        relation
        for one, other in combinations(courses, 2)
        if (relation := _strongest(one, other, fresh, longest)) is not None
    ]
    return [
        _with_changes(_tested(relation, series, longest), courses, longest)
        for relation in _holm(found)
        if relation.p < FALSE_ALARMS and abs(relation.correlation) >= LEAST
    ]


def residuals_of(values: Floats) -> Floats:
    """What an autoregression of at most five cells does not foretell; NaN where it is not known.

    The order is the one with the least Schwarz criterion.
    """
    best, least = values - np.nanmean(values), np.inf
    for order in range(LONGEST_MEMORY + 1):
        rows = _past(values, order)
        known = np.isfinite(rows).all(axis=1) & np.isfinite(values)
        count = int(known.sum())
        if count < 4 * (order + 2):
            break
        weights = np.linalg.lstsq(rows[known], values[known], rcond=None)[0]
        left = np.full(values.size, np.nan)
        left[known] = values[known] - rows[known] @ weights
        squares = float(np.mean(left[known] ** 2))
        if squares <= 1e-12 * float(np.var(values[known])):
            break
        criterion = np.log(squares) + (order + 1) * np.log(count) / count
        if criterion < least:
            best, least = left, criterion
    return best


def scores_of(values: Floats) -> Floats:
    """Normal scores of the ranks (ties by their order); NaN stays."""
    known = np.flatnonzero(np.isfinite(values))
    scores = np.full(values.size, np.nan)
    ranks = np.argsort(np.argsort(values[known], kind="stable"), kind="stable") + 1
    scores[known] = [normal_value((rank - 0.375) / (known.size + 0.25)) for rank in ranks]
    return scores


def _strongest(one: str, other: str, fresh: Mapping[str, Floats], longest: int) -> Relation | None:
    best: tuple[float, float, int] | None = None
    for lag in range(-longest, longest + 1):
        earlier, later = (fresh[one], fresh[other]) if lag >= 0 else (fresh[other], fresh[one])
        x, y = earlier[: earlier.size - abs(lag)], later[abs(lag) :]
        both = np.isfinite(x) & np.isfinite(y)
        count = int(both.sum())
        if count < FEWEST - longest:
            continue
        size = float(np.sqrt(np.sum(x[both] ** 2) * np.sum(y[both] ** 2)))
        correlation = float(np.sum(x[both] * y[both])) / size if size else 0.0
        if best is None or abs(correlation) * count**0.5 > abs(best[0]):
            best = (correlation * count**0.5, correlation, lag)
    if best is None:
        return None
    z, correlation, lag = best
    p = -np.expm1((2 * longest + 1) * np.log1p(-min(normal_tails(z), 1 - 1e-16)))
    source, target = (one, other) if lag >= 0 else (other, one)
    return Relation(source, target, abs(lag), max(-1.0, min(1.0, correlation)), float(p))


def _holm(found: list[Relation]) -> list[Relation]:
    """With p corrected for the number of pairs, the surest first (Holm's step-down)."""
    corrected, largest = [], 0.0
    for rank, relation in enumerate(sorted(found, key=lambda r: (r.p, -abs(r.correlation)))):
        largest = max(largest, min(1.0, relation.p * (len(found) - rank)))
        corrected.append(replace(relation, p=largest))
    return corrected


def _tested(relation: Relation, series: Mapping[str, Floats], longest: int) -> Relation:
    if relation.lag == 0:
        return relation
    memory = min(longest, max(relation.lag, 2))
    source, target = series[relation.source], series[relation.target]
    back = foretelling(target, source, memory)
    return replace(
        relation,
        foretells=foretelling(source, target, memory),
        both_ways=back is not None and back < FALSE_ALARMS,
    )


def foretelling(source: Floats, target: Floats, memory: int) -> float | None:
    """Granger's test: p of the source's last `memory` cells beside the target's own; None with too few cells."""
    own, others = _past(target, memory), _past(source, memory)[:, 1:]
    full = np.hstack([own, others])
    known = np.isfinite(full).all(axis=1) & np.isfinite(target)
    count, within = int(known.sum()), int(known.sum()) - full.shape[1]
    if count < FEWEST or within < 10:
        return None
    alone, beside = (_squares(rows[known], target[known]) for rows in (own, full))
    if beside <= 1e-12 * alone or alone == 0:
        return 0.0 if alone > 0 else 1.0
    return f_tail(max(0.0, alone - beside) / memory / (beside / within), memory, within)


def _squares(rows: Floats, values: Floats) -> float:
    return float(np.sum((values - rows @ np.linalg.lstsq(rows, values, rcond=None)[0]) ** 2))


def _past(values: Floats, order: int) -> Floats:
    """For each cell a 1 and the `order` cells before it, the nearest first; NaN before the beginning."""
    ones = np.ones((values.size, 1))
    if order == 0:
        return ones
    padded = np.concatenate([np.full(order, np.nan), values[:-1]])
    return np.hstack([ones, sliding_window_view(padded, order)[:, ::-1]])


def _with_changes(relation: Relation, courses: Mapping[str, Course], longest: int) -> Relation:
    """With the shortest stretch from a change of the source to one of the target."""
    gaps = [
        int(theirs - ours)
        for ours in (courses[relation.source].cells[start] for start in courses[relation.source].starts)
        for theirs in (courses[relation.target].cells[start] for start in courses[relation.target].starts)
        if 0 < theirs - ours <= longest
    ]
    return replace(relation, changes=min(gaps)) if gaps and relation.lag > 0 else relation
