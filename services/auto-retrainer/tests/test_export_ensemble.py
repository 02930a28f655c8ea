"""The exported ensemble says what the trained one says, detector by detector, whatever the rows."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from resonance_auto_retrainer.export.ensemble import export_ensemble
from resonance_auto_retrainer.export.graph import Graph
from resonance_auto_retrainer.export.piecewise import add_layer, of_both, of_tail
from resonance_contracts.features import WIDTH
from resonance_modeling.calibration import Calibration
from resonance_modeling.onnx_ensemble import SCALED, OnnxEnsemble
from resonance_modeling.session import session
from resonance_training.tabular import WEIGHTS, TabularDetector
from resonance_training.tail import MOST, Tail

Values = NDArray[np.float64]


@pytest.fixture(scope="module")
def exported(detector: TabularDetector) -> OnnxEnsemble:
    return OnnxEnsemble(export_ensemble(detector), WIDTH, len(WEIGHTS))


def test_each_detector_says_what_it_said_in_training(
    detector: TabularDetector, exported: OnnxEnsemble, make_values: Callable[..., Values]
) -> None:
    rows = make_values(3000, seed=2)
    rows[::3] *= np.random.default_rng(3).lognormal(0, 2, size=(len(rows[::3]), WIDTH))
    surprise, members = exported.surprises(rows)
    np.testing.assert_allclose(members, detector.surprises(rows), rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(surprise, detector.score(rows), rtol=1e-3, atol=1e-3)
    assert np.ptp(members, axis=0).min() > 1


@pytest.mark.parametrize("size", [1, 2, 7, 64, 129])
def test_a_row_has_one_calibrated_score_whatever_batch_it_is_in(
    detector: TabularDetector, exported: OnnxEnsemble, make_values: Callable[..., Values], size: int
) -> None:
    rows = make_values(1000, seed=5)
    calibration = Calibration.learn(detector.score(make_values(3000)))
    batched = np.concatenate([exported.surprises(rows[i : i + size])[0] for i in range(0, len(rows), size)])
    together, _ = exported.surprises(rows)
    difference = calibration.tail_probability(batched) - calibration.tail_probability(together)
    assert np.abs(difference).max() <= 1e-6


@given(
    st.lists(st.floats(-50, 50), min_size=1, max_size=60),
    st.lists(st.floats(-1e3, 1e3, width=32), min_size=1, max_size=40),
)
def test_a_tail_is_a_layer_of_ramps(learned: list[float], asked: list[float]) -> None:
    rounded = np.array(learned, dtype=np.float32).astype(np.float64)
    above, below = Tail.learn(rounded, 0.1), Tail.learn(-rounded, 0.1)
    graph = Graph("tails")
    add_layer(graph, SCALED, [of_tail(above, 0), of_both(above, below, 1)], "tails")
    at = np.array(asked, dtype=np.float32)
    (found,) = session(graph.model({SCALED: 2}, {"tails": 2})).run(None, {SCALED: np.stack([at, at], axis=1)})
    graver = np.maximum(above.surprise(at), below.surprise(-at.astype(np.float64)))
    np.testing.assert_allclose(found[:, 0], above.surprise(at), atol=1e-2, rtol=1e-3)
    np.testing.assert_allclose(found[:, 1], graver, atol=1e-2, rtol=1e-3)
    assert np.isfinite(found).all()
    assert found.max() <= MOST * 1.001
