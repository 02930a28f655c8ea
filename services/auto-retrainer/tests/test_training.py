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
from resonance_auto_retrainer.telling import Abandoned
from resonance_auto_retrainer.training import train
from resonance_auto_retrainer.verdicts import Verdict
from resonance_auto_retrainer.window import TrainingSet, Vectors, VectorWindow
from resonance_modeling.scales import to_scale
from resonance_modeling.scorer import EnsembleScorer
from resonance_modeling.sequences import STEPS
from resonance_training import sequence
from resonance_training.tabular import WEIGHTS

pytestmark = pytest.mark.long

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


def test_what_comes_next_is_learned_where_there_is_enough(make_vectors: Make) -> None:
    vectors = make_vectors(1000, users=25)
    artifact = train(window_of(vectors), {})
    assert artifact.sequence is not None
    assert [member.name for member in artifact.manifest.members or ()][-1] == "lstm"
    assert artifact.manifest.parity.by_kind["sequence"] <= artifact.manifest.parity.tolerance
    scorer = EnsembleScorer(artifact)
    recent = to_scale(vectors.values[: 2 * STEPS]).astype(np.float32).reshape(2, STEPS, 13)
    recent[1] = np.nan
    expected = scorer.expected(recent)
    assert expected is not None
    assert np.isfinite(expected[0]).all()
    assert np.isnan(expected[1]).all()
    rows = to_scale(vectors.values[-2:])
    with_it, without = scorer.judge(rows, expected), scorer.judge(rows)
    assert np.isnan(with_it.members[:, -1]).tolist() == [False, True]
    assert with_it.score[1] == without.score[1]
    assert with_it.score[0] != without.score[0]
    assert ((without.confidence > 0) & (without.confidence <= 1)).all()


def test_without_sequences_there_is_no_such_detector(make_vectors: Make) -> None:
    artifact = train(window_of(make_vectors(40, users=40)), {})
    assert artifact.sequence is None
    assert [member.name for member in artifact.manifest.members or ()] == list(WEIGHTS)
    scorer = EnsembleScorer(artifact)
    assert not scorer.looks_back
    assert scorer.expected(np.zeros((1, STEPS, 13), dtype=np.float32)) is None


def test_a_faulty_export_is_refused(make_vectors: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    def nearest(thresholds: NDArray[np.float64]) -> NDArray[np.float32]:
        return thresholds.astype(np.float32)

    monkeypatch.setattr(forest, "round_down", nearest)
    with pytest.raises(ExportRefused, match="at most 1e-04 is accepted"):
        train(window_of(make_vectors(1000)), {})


def test_it_says_how_far_it_is_and_can_be_given_up_at_every_step(
    values: NDArray[np.float64], hasty: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sequence, "UPDATES", hasty)
    users = np.arange(len(values)) % 30
    data = TrainingSet(
        values,
        users.astype(np.uint64),
        users,
        0,
        len(values),
        ("live",),
        0,
        np.zeros(len(values), dtype=np.bool_),
        np.ones(len(values), dtype=np.int64),
    )
    shares: list[float] = []
    train(data, {}, tell=lambda share, _, **__: shares.append(share))
    assert shares == sorted(shares) and shares[0] >= 0.0 and shares[-1] < 1.0
    assert len(shares) > 20

    def give_up(share: float, message: str, **_: bool) -> None:
        if share > 0.1:
            raise Abandoned(message)

    with pytest.raises(Abandoned, match="follow one another"):
        train(data, {}, tell=give_up)


def test_what_was_called_ordinary_is_less_surprising_then_and_nothing_else_is_more(make_vectors: Make) -> None:
    """Both for the vectors themselves, and for what their user does again."""
    vectors = make_vectors(3000, users=30)
    strange = [i for i in range(3000) if vectors.users[i] == "u_7"][::10]
    vectors.values[strange, 2] *= 60.0
    scores, populations = {}, {}
    for called in (False, True):
        window = VectorWindow(3000, 13)
        window.add(vectors)
        window.flag([(vectors.end_us[i], vectors.ids[i]) for i in strange], ["al_1"])
        if called:
            window.judge(Verdict("al_1", "u_7", "live", 0, 0, true=False, withdrawn=False, rank=(1, 1)))
        artifact = train(window.training_set(), {})
        window_of = artifact.manifest.data_window
        assert (window_of.called_ordinary, window_of.flagged) == ((10, 0) if called else (0, 10))
        again = vectors.values[strange[::2]] * 1.02
        again[:, 8] = vectors.values[strange[::2], 8]
        scorer = EnsembleScorer(artifact)
        scores[called] = scorer.scores(again), scorer.scores(vectors.values[:500])
        populations[called] = np.array(artifact.manifest.population.spread)
    assert scores[True][0].tail_probability.min() >= scores[False][0].tail_probability.min()
    assert np.median(scores[True][0].score) < np.median(scores[False][0].score)
    assert np.abs(np.median(scores[True][1].score - scores[False][1].score)) < 0.02
    assert populations[True] == pytest.approx(populations[False], rel=0.1), "nobody else's normal is wider"
