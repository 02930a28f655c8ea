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
from resonance_modeling.scales import to_scale
from resonance_modeling.sequences import STEPS
from resonance_modeling.session import session
from resonance_training.foresight import Foresight
from resonance_training.fusion import FusedDetector
from resonance_training.sequence import expected
from resonance_training.tabular import WEIGHTS, TabularDetector
from resonance_training.tail import MOST, Tail

Values = NDArray[np.float64]


@pytest.fixture(scope="module")
def exported(detector: TabularDetector) -> OnnxEnsemble:
    return OnnxEnsemble(export_ensemble(FusedDetector(detector)), WIDTH, len(WEIGHTS))


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


@pytest.fixture(scope="module")
def looking_back(detector: TabularDetector, make_values: Callable[..., Values]) -> FusedDetector:
    recent, target = sequences(make_values, 600, 1)
    return FusedDetector(detector, Foresight.learn(recent, target, np.arange(600) % 5 == 0))


def sequences(make_values: Callable[..., Values], n: int, seed: int) -> tuple[Values, Values]:
    """Recent vectors, and the next one, which is the newest of them but for a little."""
    recent = to_scale(make_values(n * STEPS, seed)).reshape(n, STEPS, WIDTH)
    return recent, recent[:, -1] + np.random.default_rng(seed).normal(0, 0.3, (n, WIDTH))


def test_one_that_looks_back_says_what_it_said_in_training(
    looking_back: FusedDetector, make_values: Callable[..., Values]
) -> None:
    exported = OnnxEnsemble(export_ensemble(looking_back), WIDTH, len(WEIGHTS) + 1, looks_back=True)
    recent, rows = sequences(make_values, 2000, 3)
    rows[::3] += np.random.default_rng(4).normal(0, 5, size=rows[::3].shape)
    assert looking_back.foresight is not None
    foreseen = expected(looking_back.foresight.weights, recent)
    foreseen[::4] = np.nan
    surprise, members = exported.surprises(rows, foreseen)
    alone = looking_back.foresight.surprise(rows, foreseen)
    np.testing.assert_allclose(members[:, -1], alone, rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(surprise, looking_back.score(rows, foreseen), rtol=1e-3, atol=1e-3)
    assert np.isnan(alone[::4]).all()
    assert np.ptp(alone[~np.isnan(alone)]) > 1


def test_where_nothing_was_expected_it_says_what_the_others_say(
    detector: TabularDetector, looking_back: FusedDetector, exported: OnnxEnsemble, make_values: Callable[..., Values]
) -> None:
    fused = OnnxEnsemble(export_ensemble(looking_back), WIDTH, len(WEIGHTS) + 1, looks_back=True)
    rows = to_scale(make_values(500, seed=6))
    surprise, members = fused.surprises(rows)
    assert np.array_equal(surprise, exported.surprises(rows)[0])
    assert np.array_equal(members[:, :-1], exported.surprises(rows)[1])
    assert np.isnan(members[:, -1]).all()
    np.testing.assert_array_equal(looking_back.score(rows), detector.score(rows))


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
