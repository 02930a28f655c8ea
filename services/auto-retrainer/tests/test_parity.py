"""Parity: passes what is the same, refuses what is not, with figures."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from onnx import ModelProto
from sklearn.ensemble import IsolationForest

from resonance_auto_retrainer.errors import ExportRefused
from resonance_auto_retrainer.export.ensemble import export_ensemble
from resonance_auto_retrainer.parity import TOLERANCE, adversarial_rows, check_parity, edge_rows, ordinary_rows
from resonance_contracts.features import WIDTH
from resonance_modeling.artifact import Parity
from resonance_modeling.onnx_ensemble import OnnxEnsemble, as_float32
from resonance_training.fusion import FusedDetector
from resonance_training.tabular import WEIGHTS, TabularDetector

Values = NDArray[np.float64]


def checked(detector: TabularDetector, exported: OnnxEnsemble, values: Values) -> Parity:
    nothing = np.full_like(values, np.nan)
    return check_parity(FusedDetector(detector), exported, values, nothing, nothing)


def load(model: ModelProto) -> OnnxEnsemble:
    return OnnxEnsemble(model.SerializeToString(), WIDTH, len(WEIGHTS))


@pytest.fixture
def model(detector: TabularDetector) -> ModelProto:
    return ModelProto.FromString(export_ensemble(FusedDetector(detector)))


def changed(model: ModelProto, name: str, place: int, value: float) -> OnnxEnsemble:
    """The exported ensemble with one number of its trees changed."""
    (attribute,) = [a for a in model.graph.node[0].attribute if a.name == name]
    attribute.floats[place] = value
    return load(model)


def test_an_export_passes_with_figures(detector: TabularDetector, model: ModelProto, values: Values) -> None:
    parity = checked(detector, load(model), values)
    assert 0 <= parity.mean <= parity.largest <= TOLERANCE
    assert set(parity.by_kind) == {"ordinary", "edge", "adversarial"}
    assert max(parity.by_kind.values()) == parity.largest
    assert parity.rows > 5000


def test_thresholds_rounded_to_the_nearest_float32_are_refused(
    detector: TabularDetector, model: ModelProto, values: Values
) -> None:
    """The fault that edge rows are there for: nearest is above the threshold half the time."""
    forest = detector.isolation.forest
    (thresholds,) = [a for a in model.graph.node[0].attribute if a.name == "nodes_values"]
    exact = np.concatenate([tree.tree_.threshold for tree in forest.estimators_])
    inner = np.concatenate([tree.tree_.feature >= 0 for tree in forest.estimators_])
    thresholds.floats[:] = np.where(inner, exact, 0.0).astype(np.float32).tolist()
    with pytest.raises(ExportRefused, match="worst on edge rows") as refused:
        checked(detector, load(model), values)
    assert refused.value.parity.by_kind["edge"] > TOLERANCE
    assert refused.value.parity.by_kind["ordinary"] <= TOLERANCE


def test_a_shifted_base_value_is_refused(detector: TabularDetector, model: ModelProto, values: Values) -> None:
    with pytest.raises(ExportRefused, match="It was not stored") as refused:
        checked(detector, changed(model, "base_values", 0, 9.5), values)
    assert refused.value.parity.by_kind["ordinary"] > TOLERANCE


def test_a_score_that_is_no_number_is_refused(detector: TabularDetector, model: ModelProto, values: Values) -> None:
    with pytest.raises(ExportRefused, match=r"up to 1\.00e\+00 away"):
        checked(detector, changed(model, "base_values", 0, float("nan")), values)


def test_edge_rows_fall_on_both_sides_of_thresholds(forest: IsolationForest, values: Values) -> None:
    rows = as_float32(edge_rows(forest, values), WIDTH)
    trees = [tree.tree_ for tree in forest.estimators_]
    for feature in (0, 1, 3, 8):
        lowest = min(tree.threshold[tree.feature == feature].min(initial=np.inf) for tree in trees)
        beside = np.abs(rows[:, feature].astype(np.float64) - lowest) <= 2 * np.spacing(np.float32(abs(lowest)))
        assert {bool(side) for side in rows[beside][:, feature] <= lowest} == {True, False}


def test_adversarial_rows_are_finite_and_extreme(values: Values) -> None:
    rows = adversarial_rows(values)
    assert np.isfinite(rows).all()
    assert rows.max() == 1e300
    assert rows.min() == -1e6
    assert ((rows != 0) & (np.abs(rows) < np.finfo(np.float32).tiny)).any()


def test_ordinary_rows_are_spread_over_all() -> None:
    rows = ordinary_rows(np.arange(100_000.0)[:, np.newaxis])
    assert len(rows) == 4096
    assert (rows[0, 0], rows[-1, 0]) == (0.0, 99_999.0)
    assert len(ordinary_rows(np.zeros((3, 1)))) == 3
