"""A decision tree that imitates a model, and how well it does: for people who want the whole of it on one page.

It is fitted to ordinary rows and as many unusual ones, on a scale on which what is far out does not all look the same.
To the scores of rows that were changed in any column whatever, a tree of four questions comes to an R² of 0.6, and to
those of planted incidents to 0.1 with it. To log(1 + surprise), half of the rows with an incident in them, it comes to
0.89 (0.88 to 0.90 of three models of simulated people): an incident moves few features. Five questions add 0.02, six to
eight less; how many rows a leaf has at least, 5 to 100, changes nothing, so that is not searched for.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from resonance_xai.asked.subject import Rows, Subject

Floats = NDArray[np.float64]

DEPTH: Final = 4
DEEPEST: Final = 8
FITTED: Final = 6_000
HELD_OUT: Final = 2_000
LOW_FIDELITY: Final = 0.5
_HELD_OUT: Final = 0.25
_LEAST_IN_A_LEAF: Final = 20
_WIDER: Final = 0.5
"""How far beyond the ordinary range rows are drawn, as a share of it."""


@dataclass(frozen=True, slots=True)
class Node:
    """One node: a question, or an answer at the end.

    Attributes:
        value: Of the model's numbers, the mean over the rows that come here, taken on the stretched scale.
        share: Share of the rows that come here.
        column, threshold: Rows with at most `threshold` in that column go to `below`, others to `above`.
        below, above: None at the end.
    """

    value: float
    share: float
    column: int = 0
    threshold: float = 0.0
    below: Node | None = None
    above: Node | None = None

    def walk(self, row: Floats) -> Iterator[tuple[Node, bool]]:
        """The questions that a row, (width,), is asked, and whether its value is at most the threshold."""
        node = self
        while node.below is not None and node.above is not None:
            small = bool(row[node.column] <= node.threshold)
            yield node, small
            node = node.below if small else node.above

    def end(self, row: Floats) -> Node:
        """Where a row ends."""
        node = self
        while node.below is not None and node.above is not None:
            node = node.below if row[node.column] <= node.threshold else node.above
        return node

    @property
    def leaves(self) -> int:
        """Number of answers."""
        return 1 if self.below is None or self.above is None else self.below.leaves + self.above.leaves

    @property
    def depth(self) -> int:
        """Most questions that are asked."""
        return 0 if self.below is None or self.above is None else 1 + max(self.below.depth, self.above.depth)


@dataclass(frozen=True, slots=True)
class Surrogate:
    """A tree that imitates a model.

    Fidelities are shares of the variance of the model's numbers, on the stretched scale, that the tree explains on rows
    that it was not fitted to, and that were not made of rows that it was; NaN where all have the same number.

    Attributes:
        root: The tree.
        r2: Of ordinary and unusual rows, as many of each.
        r2_ordinary, r2_unusual: Of one kind alone, which differs less.
        planted: Whether the unusual ones are known incidents; else some of their columns were changed.
        held_out: How many rows `r2` is of.
    """

    root: Node
    r2: float
    r2_ordinary: float
    r2_unusual: float
    planted: bool
    held_out: int

    @property
    def poor(self) -> bool:
        """Whether it is not to be relied on at all."""
        return not self.r2 >= LOW_FIDELITY

    @property
    def poor_ordinary(self) -> bool:
        """Whether it does not tell ordinary rows from each other."""
        return not self.r2_ordinary >= LOW_FIDELITY


def surrogate(subject: Subject, depth: int = DEPTH, seed: int = 0) -> Surrogate:
    """A tree of at most `depth` questions, fitted to FITTED rows."""
    from sklearn.tree import DecisionTreeRegressor

    held, fitted = _dealt(subject.ordinary, seed)
    ordinary, unusual = _rows(subject, fitted, FITTED // 2, seed + 1)
    rows = np.concatenate([ordinary, unusual])
    tree = DecisionTreeRegressor(max_depth=depth, min_samples_leaf=_LEAST_IN_A_LEAF, random_state=seed)
    tree.fit(rows, subject.stretch(subject.score(rows)))
    kinds = _rows(subject, held, HELD_OUT // 2, seed + 2)
    said = [subject.stretch(subject.score(some)) for some in kinds]
    imitated = [np.asarray(tree.predict(some)) for some in kinds]
    return Surrogate(
        _node(tree.tree_, 0, subject.shrink),
        r2(np.concatenate(said), np.concatenate(imitated)),
        r2(said[0], imitated[0]),
        r2(said[1], imitated[1]),
        subject.unusual is not None,
        sum(map(len, kinds)),
    )


def _dealt(rows: Floats, seed: int) -> tuple[Floats, Floats]:
    """Rows that are held out, and those that are not: a quarter and the rest; a single row is both."""
    order = np.random.default_rng(seed).permutation(len(rows))
    few = max(1, round(_HELD_OUT * len(rows)))
    return rows[order[:few]], rows[order[few:] if len(rows) > few else order]


def _rows(subject: Subject, of: Floats, count: int, seed: int) -> tuple[Floats, Floats]:
    """As many ordinary rows and unusual ones, (count, width) each."""
    rng = np.random.default_rng(seed)
    ordinary, base = (of[rng.integers(len(of), size=count)] for _ in range(2))
    return ordinary, changed(subject, base, seed) if subject.unusual is None else subject.unusual(base, seed)


def around(subject: Subject, count: int, seed: int) -> Floats:
    """Rows around the ordinary ones, (count, width): a third of them ordinary, the others with some columns changed."""
    rng = np.random.default_rng(seed)
    rows = subject.ordinary[rng.integers(len(subject.ordinary), size=count)]
    return _moved(subject, rows, np.array([0.0, 0.2, 0.6]), rng)


def changed(subject: Subject, rows: Floats, seed: int) -> Floats:
    """Rows with some columns changed, (n, width)."""
    return _moved(subject, rows, np.array([0.2, 0.6]), np.random.default_rng(seed))


def _moved(subject: Subject, rows: Floats, shares: Floats, rng: np.random.Generator) -> Floats:
    """Rows in each of which one of `shares` of the columns is changed.

    Changed columns are drawn evenly from the ordinary range, made wider by half, within what a value can be: a model
    is asked most about what is not ordinary.
    """
    scaled = subject.to_scale(rows)
    low, high = np.quantile(subject.to_scale(subject.ordinary), [0.005, 0.995], axis=0)
    reach = _WIDER * np.maximum(high - low, subject.spread)
    elsewhere = rng.uniform(low - reach, high + reach, scaled.shape)
    moves = rng.random(scaled.shape) < rng.choice(shares, size=(len(rows), 1))
    moved = subject.from_scale(np.where(moves, elsewhere, scaled))
    whole = np.array([column.whole for column in subject.columns])
    found: Floats = np.where(moves, np.where(whole, np.round(moved), moved), rows)
    return found


def r2(said: Floats, imitated: Floats) -> float:
    """Share of the variance of `said` that `imitated` explains; NaN where there is none."""
    variance = float(((said - said.mean()) ** 2).sum())
    return (
        float("nan") if variance <= 1e-18 * max(1, len(said)) else 1 - float(((said - imitated) ** 2).sum()) / variance
    )


def text(surrogate_: Surrogate, names: tuple[str, ...], decimals: int = 4) -> str:
    """The tree in lines, indented by depth."""
    return "\n".join(_lines(surrogate_.root, names, decimals, 0))


def _lines(node: Node, names: tuple[str, ...], decimals: int, depth: int) -> Iterator[str]:
    indent = "    " * depth
    if node.below is None or node.above is None:
        yield f"{indent}-> {node.value:.{decimals}g}  ({node.share:.1%} of rows)"
        return
    for sign, child in (("<=", node.below), (">", node.above)):
        yield f"{indent}{names[node.column]} {sign} {node.threshold:.{decimals}g}"
        yield from _lines(child, names, decimals, depth + 1)


def _node(tree: Any, place: int, shrink: Rows) -> Node:
    """A node of scikit-learn's tree, and all below it; a child of -1 marks an end."""
    value, share = (
        float(shrink(tree.value[place].ravel())[0]),
        float(tree.n_node_samples[place] / tree.n_node_samples[0]),
    )
    below, above = int(tree.children_left[place]), int(tree.children_right[place])
    if below < 0:
        return Node(value, share)
    column, threshold = int(tree.feature[place]), float(tree.threshold[place])
    return Node(value, share, column, threshold, _node(tree, below, shrink), _node(tree, above, shrink))
