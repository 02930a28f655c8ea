"""Axioms of the attributions of a served model: of its score, and of its detectors, which its surprise is a mean of."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from onnx import ModelProto
from sklearn.ensemble import IsolationForest

from resonance_attribution.attribution import attributed
from resonance_attribution.loaded import Loaded
from resonance_attribution.network import read_network
from resonance_attribution.shapley import Attribution, of_worths
from resonance_auto_retrainer.export.ensemble import export_ensemble
from resonance_contracts.features import WIDTH
from resonance_modeling.artifact import Artifact
from resonance_modeling.onnx_ensemble import MEAN_PATH, SCALED
from resonance_modeling.scales import to_scale
from resonance_modeling.scorer import surprise_of
from resonance_training.forest import average_path_length
from resonance_training.fusion import FusedDetector
from resonance_training.tabular import TabularDetector
from tests.support.ordinary_model import ordinary_model, ordinary_vectors

Floats = NDArray[np.float64]
SEEDS = range(4)


@pytest.fixture(scope="module")
def trained() -> Artifact:
    return ordinary_model()


@pytest.fixture(scope="module")
def model(trained: Artifact) -> Loaded:
    return Loaded(trained).expecting(to_scale(ordinary_vectors(1, 5))[0])


def unusual(seed: int) -> Floats:
    return ordinary_vectors(1, 100 + seed)[0] * 3.0 + 1.0


@pytest.mark.parametrize("seed", SEEDS)
def test_efficiency_of_the_score_and_of_every_detector(model: Loaded, seed: int) -> None:
    vector = unusual(seed)
    found = attributed(model, vector, model.reference)
    score, members = model.score(vector[None])[0], model.surprises(vector[None])[0]
    assert found.whole.base + found.whole.values.sum() == pytest.approx(score, abs=1e-9)
    assert list(found.members) == list(model.members)
    for said, one in zip(members, found.members.values(), strict=True):
        assert one.base + one.values.sum() == pytest.approx(said, abs=1e-6)


@pytest.mark.parametrize("seed", SEEDS)
def test_linearity_the_surprise_is_the_weighted_mean_of_the_detectors_and_so_are_its_attributions(
    trained: Artifact, model: Loaded, seed: int
) -> None:
    vector = unusual(seed)
    players = model.players(vector, model.reference)
    worths = model.coalitions(vector, model.reference, players)
    assert worths is not None
    (whole,) = of_worths(surprise_of(worths.scores)[:, None], players, WIDTH)
    weights = {member.name: member.weight for member in trained.manifest.members or ()}
    members = attributed(model, vector, model.reference).members
    mean = sum(weights[name] * one.values for name, one in members.items()) / sum(weights.values())
    np.testing.assert_allclose(whole.values, mean, atol=2e-5 * max(1.0, whole.score))


@pytest.mark.parametrize("seed", SEEDS)
def test_dummy_a_feature_that_a_detector_does_not_look_at_gets_nothing_from_it(model: Loaded, seed: int) -> None:
    vector = unusual(seed)
    vector[2] = model.reference[2]
    found = attributed(model, vector, model.reference)
    for one in [found.whole, *found.members.values()]:
        assert one.values[2] == 0.0


def test_symmetry_features_that_a_model_treats_alike_get_the_same(artifact: Artifact) -> None:
    model = Loaded(artifact)
    vector = model.reference.copy()
    # Both are compared as log(1 + x), from the same reference: "length" adds their squares.
    vector[[11, 12]] = 9.0
    assert model.reference[11] == model.reference[12]
    one, other = attributed(model, vector, model.reference).members["length"].values[[11, 12]]
    assert one == pytest.approx(other, abs=1e-12)
    assert one > 0


@pytest.fixture(scope="module")
def forest() -> tuple[IsolationForest, ModelProto, Floats]:
    """A trained forest, the file it is in, and the rows it was learned from."""
    rows = to_scale(ordinary_vectors(1500, 3))
    detector = TabularDetector(rows)
    return detector.isolation.forest, ModelProto.FromString(export_ensemble(FusedDetector(detector))), rows


def of_forest(file: ModelProto, name: str, vector: Floats, reference: Floats) -> Attribution:
    network = read_network(file)
    assert network is not None
    players = np.flatnonzero(vector != reference)
    above, below = vector.astype(np.float32), reference.astype(np.float32)
    (table,) = network.tables([name], SCALED, above, below, players, {})
    return of_worths(table, players, WIDTH)[0]


@pytest.mark.parametrize("seed", SEEDS)
def test_the_forests_score_is_that_of_its_path_length_and_of_its_attributions(
    forest: tuple[IsolationForest, ModelProto, Floats], seed: int
) -> None:
    sklearn, file, rows = forest
    reference = np.median(rows, axis=0).astype(np.float32).astype(np.float64)
    vector = (rows[seed] * 1.7 + 0.5).astype(np.float32).astype(np.float64)
    path = of_forest(file, MEAN_PATH, vector, reference)
    depth = average_path_length(np.array([sklearn.max_samples_]))[0]
    served = sklearn.score_samples(vector[None])[0]
    # Leaves lie on a grid of 2^-14 in the file.
    assert -(2 ** (-(path.base + path.values.sum()) / depth)) == pytest.approx(served, abs=1e-6)
    score = of_forest(file, "forest_score", vector, reference)
    assert -(score.base + score.values.sum()) == pytest.approx(served, abs=1e-6)
    assert np.abs(score.values).max() <= 1.0
    assert np.sign(score.values[np.argmax(np.abs(score.values))]) == -np.sign(
        path.values[np.argmax(np.abs(path.values))]
    ), "a shorter path is a higher score"
