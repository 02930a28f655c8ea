"""A decision tree that imitates a model, and how well it does: for people who want the whole of it on one page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from resonance_xai.asked.subject import Subject

Floats = NDArray[np.float64]

DEPTH: Final = 4
DEEPEST: Final = 8
DRAWN: Final = 8_000
_HELD_OUT: Final = 0.25
_LEAST_IN_A_LEAF: Final = 20
_WIDER: Final = 0.5
"""How far beyond the ordinary range rows are drawn, as a share of it."""


@dataclass(frozen=True, slots=True)
class Node:
    """One node: a question, or an answer at the end.

    Attributes:
        value: Mean of the model's numbers over the rows that come here.
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

    Attributes:
        root: The tree.
        r2: Share of the variance of the model's numbers that it explains, on rows it was not fitted to.
        r2_ordinary: The same on the ordinary rows alone, which differ less; NaN where all have the same number.
        held_out: How many rows `r2` is of.
    """

    root: Node
    r2: float
    r2_ordinary: float
    held_out: int


def surrogate(subject: Subject, depth: int = DEPTH, seed: int = 0) -> Surrogate:
    """A tree of at most `depth` questions, fitted to DRAWN rows around the ordinary ones."""
    from sklearn.tree import DecisionTreeRegressor

    rows = around(subject, DRAWN, seed)
    said = subject.score(rows)
    held = int(_HELD_OUT * len(rows))
    tree = DecisionTreeRegressor(max_depth=depth, min_samples_leaf=_LEAST_IN_A_LEAF, random_state=seed)
    tree.fit(rows[held:], said[held:])
    root = _node(tree.tree_, 0)
    return Surrogate(
        root,
        r2(said[:held], np.asarray(tree.predict(rows[:held]))),
        r2(subject.outputs, np.asarray(tree.predict(subject.ordinary))),
        held,
    )


def around(subject: Subject, count: int, seed: int) -> Floats:
    """Rows around the ordinary ones, (count, width): a third of them ordinary, the others with some columns changed.

    Changed columns are drawn evenly from the ordinary range, made wider by half, within what a value can be: a model
    is asked most about what is not ordinary.
    """
    rng = np.random.default_rng(seed)
    rows = subject.ordinary[rng.integers(len(subject.ordinary), size=count)]
    scaled = subject.to_scale(rows)
    low, high = np.quantile(subject.to_scale(subject.ordinary), [0.005, 0.995], axis=0)
    reach = _WIDER * np.maximum(high - low, subject.spread)
    elsewhere = rng.uniform(low - reach, high + reach, scaled.shape)
    changed = rng.random(scaled.shape) < rng.choice([0.0, 0.2, 0.6], size=(count, 1))
    moved = subject.from_scale(np.where(changed, elsewhere, scaled))
    whole = np.array([column.whole for column in subject.columns])
    found: Floats = np.where(changed, np.where(whole, np.round(moved), moved), rows)
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


def _node(tree: Any, place: int) -> Node:
    """A node of scikit-learn's tree, and all below it; a child of -1 marks an end."""
    value, share = float(tree.value[place].ravel()[0]), float(tree.n_node_samples[place] / tree.n_node_samples[0])
    below, above = int(tree.children_left[place]), int(tree.children_right[place])
    if below < 0:
        return Node(value, share)
    column, threshold = int(tree.feature[place]), float(tree.threshold[place])
    return Node(value, share, column, threshold, _node(tree, below), _node(tree, above))
