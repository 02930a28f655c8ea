"""The sum over the trees of every coalition: the same as that of every row."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from onnx import ModelProto, helper

from resonance_attribution.coalitions import Leaves, over_coalitions, reached
from resonance_attribution.network import read_network
from resonance_attribution.shapley import by_rows
from resonance_attribution.trees import Trees, read_trees
from resonance_contracts.features import WIDTH
from resonance_modeling.artifact import Artifact
from resonance_modeling.onnx_ensemble import SCALED, SURPRISE, OnnxEnsemble, as_float32
from resonance_modeling.scales import to_scale

Floats = NDArray[np.float64]


class Served:
    """What a file says of rows on the scales of comparison, as it is served."""

    def __init__(self, file: bytes) -> None:
        self._ensemble = OnnxEnsemble(file, WIDTH, 2)

    def score(self, vectors: Floats) -> Floats:
        return self._ensemble.surprises(vectors)[0]


def agree(file: bytes, vector: Floats, reference: Floats) -> None:
    """Coalitions and rows give the same, of vectors on the scales of comparison."""
    network = read_network(ModelProto.FromString(file))
    assert network is not None
    players = np.flatnonzero(vector != reference)
    (found,) = network.tables([SURPRISE], SCALED, *as_float32([vector, reference], WIDTH), players, {})
    np.testing.assert_allclose(found[:, 0], by_rows(Served(file), vector, reference, players), rtol=1e-6)


@pytest.fixture(scope="module")
def file(artifact: Artifact) -> ModelProto:
    return ModelProto.FromString(artifact.onnx)


@pytest.fixture(scope="module")
def forest(file: ModelProto) -> Trees:
    found = read_trees(file.graph.node[0])
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
def test_equal_to_rows(artifact: Artifact, k: int, seed: int) -> None:
    rng = np.random.default_rng([k, seed])
    reference = np.array(artifact.manifest.population.median)
    vector = reference.copy()
    players = np.sort(rng.permutation(WIDTH)[:k])
    vector[players] = reference[players] * rng.lognormal(0, 2, k) + rng.exponential(5, k)
    agree(artifact.onnx, *to_scale(np.stack([vector, reference])))


def test_a_value_on_a_threshold_goes_left_as_it_is_served(artifact: Artifact, forest: Trees) -> None:
    reference = to_scale(np.array([artifact.manifest.population.median]))[0]
    for feature, leaf in np.argwhere(np.isfinite(forest.upper))[:60]:
        vector = reference.copy()
        vector[feature] = forest.upper[feature, leaf]
        agree(artifact.onnx, vector, reference)


def test_base_value_is_added_to_the_mean(file: ModelProto) -> None:
    lifted = changed(file, "base_values", [3.25])
    vector, reference = np.full(WIDTH, 4.0), np.ones(WIDTH)
    vector[6:] = reference[6:]
    agree(lifted.SerializeToString(), vector, reference)


def test_without_players_each_tree_has_one_leaf(artifact: Artifact, forest: Trees) -> None:
    reference = as_float32([artifact.manifest.population.median], WIDTH)[0]
    assert len(reached(forest, reference, reference, np.arange(WIDTH)).value) == forest.count


def test_only_leaves_that_a_coalition_reaches_are_walked_to(forest: Trees) -> None:
    rng = np.random.default_rng(0)
    vector, reference = as_float32(rng.exponential(100, size=(2, WIDTH)), WIDTH)
    leaves = reached(forest, vector, reference, np.arange(WIDTH))
    assert not (leaves.needs & leaves.excludes).any()
    coalitions = np.arange(1 << WIDTH)
    reaching = np.zeros(len(coalitions), dtype=np.int64)
    for needs, excludes in zip(leaves.needs, leaves.excludes, strict=True):
        reaching += ((coalitions & needs) == needs) & ((coalitions & excludes) == 0)
    assert (reaching == forest.count).all()


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
    assert read_network(changed(file, name, value)) is None
