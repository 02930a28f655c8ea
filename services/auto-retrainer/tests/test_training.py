"""From a window to an artifact that scores: the same window gives the same version."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from resonance_auto_retrainer.errors import ExportRefused
from resonance_auto_retrainer.export import forest, graph
from resonance_auto_retrainer.holdout import held_out
from resonance_auto_retrainer.training import train
from resonance_auto_retrainer.window import TrainingSet, Vectors, VectorWindow
from resonance_modeling.scorer import EnsembleScorer

Make = Callable[..., Vectors]


def window_of(*batches: Vectors) -> TrainingSet:
    window = VectorWindow(10_000, 13)
    for batch in batches:
        window.add(batch)
    return window.training_set()


def test_the_same_window_has_the_same_version_in_any_order(make_vectors: Make) -> None:
    batches = [make_vectors(300, start=300 * i) for i in range(3)]
    a = train(window_of(*batches), {"t/0": 1})
    b = train(window_of(*reversed(batches)), {"t/0": 2})
    assert a.manifest.model_version == b.manifest.model_version
    assert a.onnx == b.onnx
    assert a.manifest.data_window.offsets != b.manifest.data_window.offsets


def test_another_window_has_another_version(make_vectors: Make) -> None:
    a, b = (train(window_of(make_vectors(n)), {}) for n in (600, 601))
    assert a.manifest.model_version != b.manifest.model_version


def test_the_artifact_scores_planted_outliers_highest(make_vectors: Make) -> None:
    vectors = make_vectors(2000)
    scorer = EnsembleScorer(train(window_of(vectors), {}))
    outlier = np.median(vectors.values, axis=0)
    outlier[[0, 1, 2, 5, 6, 7]] *= 50
    scores = scorer.score(np.vstack([vectors.values, outlier]))
    assert scores.argmax() == 2000
    tails = scorer.tail_probability(scores)
    assert tails[2000] < 1 / 1600
    assert np.median(tails) == pytest.approx(0.5, abs=0.05)


def test_the_manifest_says_what_it_was_made_from(make_vectors: Make) -> None:
    vectors = make_vectors(1000, users=25)
    manifest = train(window_of(vectors), {"b/1": 7, "a/0": 3}).manifest
    window = manifest.data_window
    assert (window.vectors, window.users, window.flagged, window.streams) == (1000, 25, 0, ("live",))
    assert (window.first_end_us, window.last_end_us) == (vectors.end_us[0], vectors.end_us[-1])
    assert list(window.offsets.items()) == [("a/0", 3), ("b/1", 7)]
    np.testing.assert_allclose(manifest.population.median, np.median(vectors.values, axis=0))
    np.testing.assert_allclose(manifest.population.mean, vectors.values.mean(axis=0))
    np.testing.assert_allclose(manifest.population.spread, vectors.values.std(axis=0))
    assert manifest.metrics["training_vectors"] + manifest.metrics["holdout_vectors"] == 1000
    assert manifest.metrics["holdout_vectors"] == 200
    assert manifest.parity.largest <= manifest.parity.tolerance
    assert manifest.opsets == {"ai.onnx": graph.OPSET, "ai.onnx.ml": graph.ML_OPSET}
    assert set(manifest.libraries) == {"numpy", "onnx", "onnxruntime", "scikit-learn"}


def test_held_out_users_teach_the_ensemble_nothing(make_vectors: Make) -> None:
    data = window_of(make_vectors(1000, users=25))
    changed = data.values.copy()
    changed[held_out(data.users)] *= 3
    a, b = train(data, {}), train(replace(data, values=changed), {})
    assert a.onnx == b.onnx
    assert a.manifest.calibration == b.manifest.calibration
    assert a.manifest.metrics["holdout_score_q0.5"] < b.manifest.metrics["holdout_score_q0.5"]


def test_a_faulty_export_is_refused(make_vectors: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    def nearest(thresholds: NDArray[np.float64]) -> NDArray[np.float32]:
        return thresholds.astype(np.float32)

    monkeypatch.setattr(forest, "round_down", nearest)
    with pytest.raises(ExportRefused, match="at most 1e-04 is accepted"):
        train(window_of(make_vectors(1000)), {})
