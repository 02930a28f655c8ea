"""Surprise of coalitions by walking trees: the same as that of every row, whatever else reads the rows."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from onnx import ModelProto, helper

from resonance_contracts.features import WIDTH
from resonance_modeling.artifact import Artifact
from resonance_modeling.onnx_ensemble import OnnxEnsemble, as_float32
from resonance_modeling.scales import to_scale
from resonance_xai.coalitions import Leaves, over_coalitions, reached, surprises
from resonance_xai.forest_file import Forest, read_forest
from resonance_xai.models import Loaded
from resonance_xai.shapley import by_rows, shapley

Floats = NDArray[np.float64]


class Served:
    """What a file says of rows on the scales of comparison, as it is served."""

    def __init__(self, file: bytes) -> None:
        self._ensemble = OnnxEnsemble(file, WIDTH, 2)

    def score(self, vectors: Floats) -> Floats:
        return self._ensemble.surprises(vectors)[0]


def agree(file: bytes, forest: Forest, vector: Floats, reference: Floats) -> None:
    """Trees walked and rows scored give the same, of vectors on the scales of comparison."""
    players = np.flatnonzero(vector != reference)
    by_trees = surprises(forest, *as_float32([vector, reference], WIDTH), players)
    np.testing.assert_allclose(by_trees, by_rows(Served(file), vector, reference, players), rtol=1e-6)


@pytest.fixture(scope="module")
def file(artifact: Artifact) -> ModelProto:
    return ModelProto.FromString(artifact.onnx)


@pytest.fixture(scope="module")
def forest(file: ModelProto) -> Forest:
    found = read_forest(file)
    assert found is not None
    return found


def changed(file: ModelProto, name: str, value: object) -> ModelProto:
    """The file with another attribute of its trees."""
    copy = ModelProto.FromString(file.SerializeToString())
    attributes = copy.graph.node[0].attribute
    kept = [a for a in attributes if a.name != name]
    del attributes[:]
    attributes.extend([*kept, helper.make_attribute(name, value)])
    return copy


@pytest.mark.parametrize("k", [0, 1, 2, 5, 9, WIDTH])
@pytest.mark.parametrize("seed", range(4))
def test_equal_to_rows(artifact: Artifact, forest: Forest, k: int, seed: int) -> None:
    rng = np.random.default_rng([k, seed])
    reference = np.array(artifact.manifest.population.median)
    vector = reference.copy()
    players = np.sort(rng.permutation(WIDTH)[:k])
    vector[players] = reference[players] * rng.lognormal(0, 2, k) + rng.exponential(5, k)
    agree(artifact.onnx, forest, *to_scale(np.stack([vector, reference])))


def test_a_value_on_a_threshold_goes_left_as_it_is_served(artifact: Artifact, forest: Forest) -> None:
    reference = to_scale(np.array([artifact.manifest.population.median]))[0]
    for node in np.flatnonzero(~forest.leaf)[:60]:
        vector = reference.copy()
        vector[forest.feature[node]] = forest.threshold[node]
        agree(artifact.onnx, forest, vector, reference)


def test_base_value_is_added_to_the_mean(file: ModelProto) -> None:
    lifted = changed(file, "base_values", [3.25])
    forest = read_forest(lifted)
    assert forest is not None
    vector, reference = np.full(WIDTH, 4.0), np.ones(WIDTH)
    vector[6:] = reference[6:]
    agree(lifted.SerializeToString(), forest, vector, reference)


def test_without_players_each_tree_has_one_leaf(artifact: Artifact, forest: Forest) -> None:
    reference = as_float32([artifact.manifest.population.median], WIDTH)[0]
    assert len(reached(forest, reference, reference, np.arange(WIDTH)).value) == len(forest.roots)


def test_only_leaves_that_a_coalition_reaches_are_walked_to(forest: Forest) -> None:
    rng = np.random.default_rng(0)
    vector, reference = as_float32(rng.exponential(100, size=(2, WIDTH)), WIDTH)
    leaves = reached(forest, vector, reference, np.arange(WIDTH))
    assert not (leaves.needs & leaves.excludes).any()
    coalitions = np.arange(1 << WIDTH)
    reaching = np.zeros(len(coalitions), dtype=np.int64)
    for needs, excludes in zip(leaves.needs, leaves.excludes, strict=True):
        reaching += ((coalitions & needs) == needs) & ((coalitions & excludes) == 0)
    assert (reaching == len(forest.roots)).all()


def test_sums_over_coalitions_by_their_definition() -> None:
    rng = np.random.default_rng(1)
    k, n = 5, 40
    needs = rng.integers(1 << k, size=n)
    excludes = rng.integers(1 << k, size=n) & ~needs
    leaves = Leaves(needs, excludes, rng.normal(size=n))
    expected = [
        sum(v for a, b, v in zip(needs, excludes, leaves.value, strict=True) if s & a == a and s & b == 0)
        for s in range(1 << k)
    ]
    np.testing.assert_allclose(over_coalitions(leaves, k), expected, atol=1e-12)


@pytest.mark.parametrize(
    ("name", "value"), [("aggregate_function", "SUM"), ("post_transform", "LOGISTIC"), ("n_targets", 2)]
)
def test_files_that_say_something_else_are_left_to_rows(file: ModelProto, name: str, value: object) -> None:
    assert read_forest(changed(file, name, value)) is None


def test_a_file_that_begins_with_something_else_is_left_to_rows(file: ModelProto) -> None:
    negated = ModelProto.FromString(file.SerializeToString())
    negated.graph.node[0].input[0] = "negated"
    negated.graph.node.insert(0, helper.make_node("Neg", ["scaled"], ["negated"]))
    assert read_forest(negated) is None


def test_trees_that_disagree_with_what_is_served_are_not_believed(
    artifact: Artifact, other_artifact: Artifact, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = read_forest(ModelProto.FromString(other_artifact.onnx))
    monkeypatch.setattr("resonance_xai.models.read_forest", lambda model: wrong)
    model = Loaded(artifact)
    vector = model.reference * 3 + 1
    players = np.arange(WIDTH)
    expected = by_rows(model, vector, model.reference, players)
    np.testing.assert_array_equal(model.coalition_scores(vector, model.reference, players), expected)


@pytest.mark.parametrize("scale", [0.1, 3.0, 50.0])
def test_attributions_are_the_same_either_way(artifact: Artifact, scale: float) -> None:
    model = Loaded(artifact)
    vector = model.reference * scale + 1
    by_trees = shapley(model, vector, model.reference, model.coalition_scores)
    rows = shapley(model, vector, model.reference)
    np.testing.assert_allclose(by_trees.values, rows.values, atol=1e-7)
    assert (by_trees.base, by_trees.score) == pytest.approx((rows.base, rows.score), abs=1e-9)
