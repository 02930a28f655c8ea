"""Vectors as ordinary people and one attacker would have them, and what was trained on them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.ensemble import IsolationForest

from resonance_auto_retrainer.export.forest import add_forest
from resonance_auto_retrainer.export.graph import Graph
from resonance_auto_retrainer.window import Vectors
from resonance_contracts.features import WIDTH
from resonance_modeling.onnx_ensemble import SCALED, as_float32
from resonance_modeling.session import session
from resonance_training import sequence
from resonance_training.forest import train_forest
from resonance_training.tabular import TabularDetector

MINUTE_US = 60_000_000


def ordinary(n: int, seed: int = 1) -> NDArray[np.float64]:
    """Skewed, discrete, bounded and constant columns, as real vectors have them."""
    random = np.random.default_rng(seed)
    values = random.lognormal(1.0, 0.7, size=(n, WIDTH))
    values[:, 0] = np.rint(values[:, 0])
    values[:, 3] = random.beta(1, 30, size=n)
    values[:, 4] = 0.0
    values[:, 8] = random.uniform(-1, 1, size=n)
    values[:, 9] = random.uniform(0, 3, size=n)
    values[:, 10] = 3_600.0
    return values


@pytest.fixture(autouse=True, scope="module")
def hasty() -> Iterator[int]:
    """The recurrent model is fitted in few steps: how well it foresees is asserted where it is made.

    It gives how many steps it is fitted in otherwise.
    """
    usual = sequence.UPDATES
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sequence, "UPDATES", 60)
        yield usual


@pytest.fixture(scope="session")
def values() -> NDArray[np.float64]:
    return ordinary(3000)


@pytest.fixture(scope="session")
def forest(values: NDArray[np.float64]) -> IsolationForest:
    return train_forest(as_float32(values, WIDTH))


@pytest.fixture(scope="session")
def detector(values: NDArray[np.float64]) -> TabularDetector:
    return TabularDetector(values)


class ForestAlone:
    """An exported forest, without the rest of the ensemble.

    Attributes:
        onnx: The file.
    """

    def __init__(self, forest: IsolationForest) -> None:
        graph = Graph("forest")
        self._output = add_forest(graph, SCALED, forest)
        self.onnx = graph.model({SCALED: forest.n_features_in_}, {self._output: 1})
        self._session = session(self.onnx)

    def score(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """Scores (n,) of rows (n, width)."""
        (found,) = self._session.run([self._output], {SCALED: as_float32(rows, rows.shape[1])})
        return np.asarray(found[:, 0], dtype=np.float64)


@pytest.fixture(scope="session")
def alone() -> type[ForestAlone]:
    return ForestAlone


@pytest.fixture(scope="session")
def make_values() -> Callable[..., NDArray[np.float64]]:
    return ordinary


@pytest.fixture
def make_vectors() -> Callable[..., Vectors]:
    """`n` vectors of `users` users over `minutes` of event time."""

    def make(n: int, users: int = 10, minutes: float = 60, start: int = 0, stream: str = "live") -> Vectors:
        numbers = range(start, start + n)
        return Vectors(
            stream=stream,
            ids=[f"{stream}-{i:06d}" for i in numbers],
            users=[f"u_{i % users}" for i in numbers],
            end_us=[round(i * minutes * MINUTE_US / n) for i in numbers],
            values=ordinary(start + n)[start:],
        )

    return make
