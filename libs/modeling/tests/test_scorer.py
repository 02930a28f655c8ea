"""Scores of a forest that can be computed by hand, and everything the scorer refuses."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from onnx import ModelProto, helper

from resonance_contracts.features import FEATURE_NAMES, WIDTH
from resonance_modeling.artifact import Artifact, Manifest
from resonance_modeling.errors import (
    ForbiddenModel,
    HashMismatch,
    InvalidArtifact,
    InvalidVectors,
    SignatureMismatch,
)
from resonance_modeling.onnx_ensemble import OnnxEnsemble
from resonance_modeling.scorer import EnsembleScorer, bounded, surprise_of


def rows(*pairs: tuple[float, float]) -> np.ndarray:
    vectors = np.zeros((len(pairs), WIDTH))
    vectors[:, :2] = pairs
    return vectors


def test_scores_are_those_computed_by_hand(make_artifact: Callable[..., Artifact]) -> None:
    scorer = EnsembleScorer(make_artifact())
    found = scorer.scores(rows((9.9, 0.4), (10.5, 0.4), (10.5, 0.6), (0.0, 0.6)))
    surprise = np.array([1.5, 2.5, 3.5, 2.5])
    np.testing.assert_allclose(found.score, surprise / (1.0 + surprise), rtol=1e-6)
    np.testing.assert_allclose(found.members, np.stack([surprise, surprise / 2], axis=1), rtol=1e-6)
    assert found.score.dtype == np.float64


def test_confidence_is_the_share_that_agrees(make_artifact: Callable[..., Artifact]) -> None:
    found = EnsembleScorer(make_artifact()).scores(rows((9.9, 0.4), (10.5, 0.6)))
    # One in twenty is a surprise of 3: the first detector alone, a quarter of the weight, sees more in the second row.
    np.testing.assert_allclose(found.confidence, [1.0, 0.25])


def test_surprise_can_be_had_back_from_scores() -> None:
    surprise = np.array([0.0, 1e-9, 1.0, 30.0, 100.0])
    np.testing.assert_allclose(surprise_of(bounded(surprise)), surprise, rtol=1e-9)
    assert np.isinf(surprise_of(1.0))


def test_tail_probabilities_are_the_calibrations(make_artifact: Callable[..., Artifact]) -> None:
    scorer = EnsembleScorer(make_artifact())
    scores = bounded(np.array([0.1, 0.2, 0.4]))
    np.testing.assert_allclose(scorer.tail_probability(scores), [1.0, 0.75, 0.25])


def test_names_its_version(make_artifact: Callable[..., Artifact]) -> None:
    artifact = make_artifact()
    scorer = EnsembleScorer(Artifact(artifact.manifest, artifact.onnx))
    assert scorer.version == artifact.manifest.model_version


def test_no_rows_have_no_scores(make_artifact: Callable[..., Artifact]) -> None:
    assert EnsembleScorer(make_artifact()).score(np.empty((0, WIDTH))).shape == (0,)


def test_values_beyond_what_is_told_apart_are_the_largest_there_are(make_artifact: Callable[..., Artifact]) -> None:
    ensemble = OnnxEnsemble(make_artifact().onnx, WIDTH, 2)
    surprise, _ = ensemble.surprises(rows((1e300, -1e300), (1e30, -1e30)))
    assert surprise[0] == surprise[1] == pytest.approx(2.5)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_refuses_values_that_are_not_finite(make_artifact: Callable[..., Artifact], value: float) -> None:
    with pytest.raises(InvalidVectors, match=r"row 1 has .* at place 0"):
        EnsembleScorer(make_artifact()).score(rows((0.0, 0.0), (value, 0.0)))


@pytest.mark.parametrize("shape", [(WIDTH,), (1, WIDTH - 1), (1, WIDTH + 1), (1, 1, WIDTH)])
def test_refuses_other_shapes(make_artifact: Callable[..., Artifact], shape: tuple[int, ...]) -> None:
    with pytest.raises(InvalidVectors, match=r"shape \(n, 13\)"):
        EnsembleScorer(make_artifact()).score(np.zeros(shape))


def test_refuses_other_bytes(make_artifact: Callable[..., Artifact]) -> None:
    artifact, other = make_artifact(), make_artifact(scale=2.0)
    with pytest.raises(HashMismatch, match=r"model\.onnx should have"):
        Artifact(artifact.manifest, other.onnx)


def test_refuses_another_catalogue_version(make_artifact: Callable[..., Artifact]) -> None:
    with pytest.raises(SignatureMismatch, match="feature catalogue '0'"):
        EnsembleScorer(make_artifact(catalogue_version="0"))


def test_refuses_other_features(make_artifact: Callable[..., Artifact]) -> None:
    with pytest.raises(SignatureMismatch, match="but the catalogue has"):
        EnsembleScorer(make_artifact(feature_names=tuple(reversed(FEATURE_NAMES))))


@pytest.mark.parametrize("changes", [{"width": WIDTH - 1}, {"output": "other"}])
def test_refuses_other_inputs_and_outputs(make_stumps: Callable[..., ModelProto], changes: dict[str, object]) -> None:
    with pytest.raises(SignatureMismatch, match="exported for other features"):
        OnnxEnsemble(make_stumps(**changes).SerializeToString(), WIDTH, 2)


def test_refuses_external_data_even_when_its_hash_is_right(
    make_stumps: Callable[..., ModelProto], make_manifest: Callable[..., Manifest]
) -> None:
    model = make_stumps()
    model.graph.initializer[0].external_data.add(key="location", value="scale.bin")
    data = model.SerializeToString()
    with pytest.raises(ForbiddenModel, match="external data"):
        EnsembleScorer(Artifact(make_manifest(data), data))


def test_says_so_when_onnx_runtime_cannot_load_it(make_stumps: Callable[..., ModelProto]) -> None:
    model = make_stumps()
    model.graph.node[1].CopyFrom(helper.make_node("NoSuchOperator", ["mean_path", "scale"], ["surprise"]))
    with pytest.raises(InvalidArtifact, match="ONNX Runtime cannot load the model"):
        OnnxEnsemble(model.SerializeToString(), WIDTH, 2)
