"""A file read as a network says of every coalition what it says of that coalition's row."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from onnx import ModelProto, helper

from resonance_attribution.attribution import attributed
from resonance_attribution.games import NOBODY, Columns, Exponentials, Pick, Sums
from resonance_attribution.loaded import Loaded
from resonance_attribution.network import Network, read_network
from resonance_attribution.shapley import by_rows, coalition_rows, shapley
from resonance_contracts.features import WIDTH
from resonance_modeling.artifact import Artifact
from resonance_modeling.scales import to_scale
from tests.support.ordinary_model import ordinary_model, ordinary_vectors

Floats = NDArray[np.float64]


@pytest.fixture(scope="module")
def model() -> Loaded:
    return Loaded(ordinary_model())


def changed_at(places: list[int], seed: int, reference: Floats) -> Floats:
    """An unusual vector that differs from the reference in some places."""
    vector = reference.copy()
    vector[places] = ordinary_vectors(1, seed)[0][places] * 5.0 + 0.5
    return vector


@pytest.mark.parametrize("k", [0, 1, 2, 6, 11, WIDTH])
@pytest.mark.parametrize("looks_back", [False, True])
def test_score_and_every_detector_are_those_of_the_rows(model: Loaded, k: int, looks_back: bool) -> None:
    here = model.expecting(to_scale(ordinary_vectors(1, 7))[0]) if looks_back else model
    places = np.sort(np.random.default_rng(k).permutation(WIDTH)[:k])
    vector = changed_at(places.tolist(), k, model.reference)
    players = here.players(vector, model.reference)
    found = here.coalitions(vector, model.reference, players)
    assert found is not None
    np.testing.assert_allclose(found.scores, by_rows(here, vector, model.reference, players), rtol=0, atol=1e-6)
    members = here.surprises(coalition_rows(vector, model.reference, players))
    assert list(found.members) == [name for name in model.members if looks_back or name != "lstm"]
    for place, surprises in enumerate(found.members.values()):
        np.testing.assert_allclose(surprises, members[:, place], rtol=1e-5, atol=1e-5)


def test_the_same_attributions_as_by_rows(model: Loaded) -> None:
    for seed in range(4):
        vector = changed_at(list(range(seed, WIDTH, 2)), seed, model.reference)
        by_network, rows = attributed(model, vector, model.reference).whole, shapley(model, vector, model.reference)
        np.testing.assert_allclose(by_network.values, rows.values, atol=1e-7)
        assert (by_network.base, by_network.score) == pytest.approx((rows.base, rows.score), abs=1e-9)


def test_what_a_model_cannot_tell_apart_is_no_player(model: Loaded) -> None:
    vector = model.reference.copy()
    vector[0] += 1e-12
    vector[3] += 0.5
    assert model.players(vector, model.reference).tolist() == [3]


@pytest.mark.parametrize(
    "node",
    [
        helper.make_node("Neg", ["scaled"], ["again"]),
        helper.make_node("Concat", ["scaled", "scaled"], ["again"], axis=0),
        helper.make_node("Gemm", ["scaled", "scaled"], ["again"], alpha=2.0),
    ],
)
def test_a_file_with_something_unknown_is_left_to_rows(artifact: Artifact, node: object) -> None:
    file = ModelProto.FromString(artifact.onnx)
    file.graph.node.insert(0, node)
    assert read_network(file) is None


@pytest.mark.parametrize("k", [5, WIDTH])
def test_a_file_that_is_misread_is_not_believed(
    artifact: Artifact, other_artifact: Artifact, monkeypatch: pytest.MonkeyPatch, k: int
) -> None:
    wrong = read_network(ModelProto.FromString(other_artifact.onnx))
    assert isinstance(wrong, Network)
    monkeypatch.setattr("resonance_attribution.loaded.read_network", lambda model: wrong)
    model = Loaded(artifact)
    vector = model.reference.copy()
    vector[:k] = vector[:k] * 3 + 1
    found = attributed(model, vector, model.reference)
    assert (found.whole.sampled, found.members) == (k > 11, {})
    oracle = shapley(model, vector, model.reference)
    assert np.abs(found.whole.values - oracle.values).max() <= found.whole.bound + 1e-12


def test_a_file_that_is_misread_of_one_vector_alone_is_not_believed_of_it(
    artifact: Artifact, other_artifact: Artifact
) -> None:
    model = Loaded(artifact)
    wrong = read_network(ModelProto.FromString(other_artifact.onnx))
    model._network = wrong
    vector = model.reference * 3 + 1
    assert model.coalitions(vector, model.reference, np.arange(WIDTH)) is None


def sums(seed: int, k: int, width: int) -> Sums:
    rng = np.random.default_rng(seed)
    return Sums(rng.normal(size=width), rng.normal(size=(k, width)))


def by_definition(one: Sums) -> Floats:
    k = len(one.steps)
    members = (np.arange(1 << k)[:, np.newaxis] >> np.arange(k)) & 1
    return np.asarray(one.base + members @ one.steps)


@pytest.mark.parametrize("k", range(7))
def test_forms_that_cost_less_hold_what_their_tables_hold(k: int) -> None:
    one, weights = sums(k, k, 4), np.random.default_rng(k).normal(size=(4, 2))
    table = by_definition(one)
    np.testing.assert_allclose(one.table(), table, atol=1e-12)
    np.testing.assert_allclose(one.times(weights).table(), table @ weights, atol=1e-12)
    np.testing.assert_allclose(Exponentials(one).times(weights), np.exp(table) @ weights, rtol=1e-9, atol=1e-9)


def test_large_steps_of_an_exponential_do_not_overflow() -> None:
    one = Sums(np.array([-2000.0]), np.array([[1500.0], [499.0], [-900.0]]))
    np.testing.assert_allclose(Exponentials(one).times(np.ones((1, 1))), np.exp(by_definition(one)), atol=1e-30)


def test_columns_of_one_player_each_stay_so_under_any_function_and_where_they_are_picked() -> None:
    one = Columns(np.array([1.0, 2.0, 3.0]), np.array([1.5, 1.0, 3.0]), np.array([0, 1, NOBODY]), 2)
    table = by_definition(one.sums())
    np.testing.assert_allclose(table[:, 0], [1.0, 1.5, 1.0, 1.5])
    np.testing.assert_allclose(table[:, 2], 3.0)
    np.testing.assert_allclose(one.each(np.tanh).table(), np.tanh(table), atol=1e-15)
    matrix = np.array([[0.0, 2.0, 0.0, 0.0], [-1.0, 0.0, 0.5, 0.0], [0.0, 0.0, 0.0, 4.0]])
    pick = Pick.of(matrix)
    assert pick is not None
    np.testing.assert_allclose(one.picked(pick).table(), table @ matrix, atol=1e-15)


def test_a_matrix_that_mixes_columns_picks_none() -> None:
    assert Pick.of(np.array([[1.0], [1.0]])) is None
    assert Pick.of(np.array([[0.0], [0.0]])) is None
    assert Pick.of(np.ones(1)) is None
