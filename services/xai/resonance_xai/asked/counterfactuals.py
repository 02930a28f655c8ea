"""What would have to be different: the fewest, smallest changes that somebody can make.

All changes of one column are tried, then of two, then of three, each on a grid of values in as few runs of the model as
there can be (an exhaustive search over subsets, after Karimi et al. 2020, "Model-Agnostic Counterfactual Explanations
for Consequential Decisions"); then all columns at once, taken back one by one. Each change is then made as small as
it can be. Suggestions differ in what they change (the diversity of Mothilal et al. 2020, DiCE), and none changes all
that another one changes and more.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from typing import Final

import numpy as np
from numpy.typing import NDArray

from resonance_attribution.deadline import Deadline
from resonance_xai.asked.candidates import candidates, consistent, costs
from resonance_xai.asked.goals import missed_of
from resonance_xai.asked.refining import refined
from resonance_xai.asked.subject import Rows, Subject

Floats = NDArray[np.float64]

MOST: Final = 3
MOST_COLUMNS: Final = 3
ROWS_AT_ONCE: Final = 4_096
_BEST_COLUMNS: Final = {2: 12, 3: 8}
"""Of so many columns, those that alone come nearest, combinations are tried."""
_GRID: Final = {1: 64, 2: 12, 3: 6}
"""Values of each column in a combination."""


@dataclass(frozen=True, slots=True)
class Counterfactual:
    """One suggestion.

    Attributes:
        row: What the row would be, (width,).
        changed: Places of the columns that differ, the largest change first.
        output: What the model says of it.
        cost: Sum of the changes, in spreads of each column.
    """

    row: Floats
    changed: tuple[int, ...]
    output: float
    cost: float


@dataclass(frozen=True, slots=True)
class Counterfactuals:
    """Suggestions, fewest changes first, then the cheapest.

    Attributes:
        found: May be empty.
        needed: Whether the row was not where it is to be brought already.
        tried: Rows that the model was asked about.
        partial: Whether the deadline cut the search short.
    """

    found: tuple[Counterfactual, ...]
    needed: bool
    tried: int
    partial: bool


class _Search:
    """Tries rows, and keeps the cheapest for each set of columns."""

    def __init__(self, subject: Subject, vector: Floats, missed: Rows, deadline: Deadline) -> None:
        self.subject, self.vector, self.missed, self.deadline = subject, vector, missed, deadline
        self.best: dict[tuple[int, ...], tuple[float, Floats]] = {}
        self.nearest: dict[tuple[int, ...], float] = {}
        self.tried = 0

    def try_all(self, moves: Iterator[tuple[tuple[int, ...], tuple[float, ...]]]) -> bool:
        """Tries each set of columns with each set of values; False where the deadline came first."""
        batch: list[tuple[tuple[int, ...], tuple[float, ...]]] = []
        for move in moves:
            batch.append(move)
            if len(batch) == ROWS_AT_ONCE:
                if self.deadline.passed:
                    return False
                self._try(batch)
                batch = []
        if batch and not self.deadline.passed:
            self._try(batch)
            batch = []
        return not batch

    def _try(self, batch: Sequence[tuple[tuple[int, ...], tuple[float, ...]]]) -> None:
        rows = np.tile(self.vector, (len(batch), 1))
        for row, (places, values) in zip(rows, batch, strict=True):
            row[list(places)] = values
        missed = np.where(consistent(self.subject, self.vector, rows), self.missed(rows), np.inf)
        self.tried += len(rows)
        cost = costs(self.subject, self.vector, rows)
        for i, (places, _) in enumerate(batch):
            self.nearest[places] = min(self.nearest.get(places, np.inf), float(missed[i]))
            if missed[i] <= 0.0 and (places not in self.best or cost[i] < self.best[places][0]):
                self.best[places] = (float(cost[i]), rows[i].copy())

    def covers(self, places: tuple[int, ...]) -> bool:
        """Whether fewer of these columns were enough."""
        return any(set(known) < set(places) for known in self.best)


def counterfactuals(
    subject: Subject, vector: Floats, reference: Floats, deadline: Deadline, most: int = MOST
) -> Counterfactuals:
    """At most `most` suggestions for `vector`, (width,), with `reference` as a direction to try."""
    missed = missed_of(subject)
    if missed(vector[np.newaxis])[0] <= 0.0:
        return Counterfactuals((), needed=False, tried=1, partial=False)
    search = _Search(subject, vector, missed, deadline)
    values = candidates(subject, vector, reference)
    movable = [place for place in range(subject.width) if len(values[place])]
    complete = search.try_all(_moves(movable, values, 1))
    for size in range(2, MOST_COLUMNS + 1):
        if not complete or len(search.best) >= most:
            break
        near = sorted(movable, key=lambda place: (search.nearest.get((place,), np.inf), place))[: _BEST_COLUMNS[size]]
        complete = search.try_all(move for move in _moves(near, values, size) if not search.covers(move[0]))
    if complete and not search.best:
        nearest = {p: float(values[p][np.abs(values[p] - reference[p]).argmin()]) for p in movable}
        complete = _from_all(search, movable, nearest, most)
    chosen = _chosen(search, most)
    rows = refined(subject, vector, missed, [row for _, row in chosen], deadline)
    return Counterfactuals(_scored(subject, vector, missed, rows)[:most], True, search.tried, partial=not complete)


def _moves(
    movable: Sequence[int], values: Sequence[Floats], size: int
) -> Iterator[tuple[tuple[int, ...], tuple[float, ...]]]:
    grids = {place: _spread_out(values[place], _GRID[size]) for place in movable}
    for places in combinations(sorted(movable), size):
        for chosen in product(*(grids[place] for place in places)):
            yield places, chosen


def _spread_out(values: Floats, count: int) -> list[float]:
    """At most `count` of the values, evenly, the first and the last among them."""
    places = np.unique(np.linspace(0, len(values) - 1, min(count, len(values))).round().astype(int))
    found: list[float] = values[places].tolist()
    return found


def _from_all(search: _Search, movable: Sequence[int], target: Mapping[int, float], most: int) -> bool:
    """Suggestions of many columns: each but the first does without the column that the one before changes most."""
    left = list(movable)
    for _ in range(most):
        found, complete = _all_at_once(search, tuple(left), target)
        if not complete:
            return False
        if found is None:
            break
        row = search.best[found][1]
        alone = {p: costs(search.subject, search.vector, _with(search.vector, p, row[p])[np.newaxis])[0] for p in found}
        left.remove(max(found, key=lambda place: alone[place]))
        if not left:
            break
    return True


def _all_at_once(
    search: _Search, places: tuple[int, ...], target: Mapping[int, float]
) -> tuple[tuple[int, ...] | None, bool]:
    """Every column to its target, then one after the other taken back while it holds, so that the cheapest is left.

    Returns:
        The columns that are left, None where even all of them are not enough; and False where the deadline came first.
    """
    if not places or not search.try_all(iter([(places, tuple(target[p] for p in places))])):
        return None, not places
    if places not in search.best:
        return None, True
    while len(places) > 1:
        fewer = [tuple(p for p in places if p != one) for one in places]
        if not search.try_all((some, tuple(target[p] for p in some)) for some in fewer):
            return places, False
        held = [some for some in fewer if some in search.best]
        if not held:
            break
        places = min(held, key=lambda some: search.best[some][0])
    return places, True


def _with(vector: Floats, place: int, value: float) -> Floats:
    row = vector.copy()
    row[place] = value
    return row


def _chosen(search: _Search, most: int) -> list[tuple[float, Floats]]:
    """The cheapest of each set of columns that does not hold another one's, fewest columns first."""
    ordered = sorted(search.best, key=lambda places: (len(places), search.best[places][0], places))
    kept: list[tuple[int, ...]] = []
    for places in ordered:
        if not any(set(known) <= set(places) for known in kept):
            kept.append(places)
    return [search.best[places] for places in kept[: 2 * most]]


def _scored(subject: Subject, vector: Floats, missed: Rows, rows: Sequence[Floats]) -> tuple[Counterfactual, ...]:
    """Each row scored once more as it will be told; those that do not hold are left out."""
    found = []
    for row in rows:
        if missed(row[np.newaxis])[0] > 0.0:
            continue
        places = np.flatnonzero(row != vector)
        alone = [
            float(costs(subject, vector, np.where(np.arange(len(row)) == p, row, vector)[None])[0]) for p in places
        ]
        changed = tuple(int(places[i]) for i in np.argsort(-np.array(alone), kind="stable"))
        output = float(subject.score(row[np.newaxis])[0])
        found.append(Counterfactual(row, changed, output, float(costs(subject, vector, row[np.newaxis])[0])))
    return tuple(sorted(found, key=lambda one: (len(one.changed), one.cost)))
