"""Models beside the anomaly model: taken over when they are promoted, and asked by the protocol's interface."""

from __future__ import annotations

import numpy as np
import pytest
from onnx import TensorProto, helper

from resonance_contracts.features import CATALOGUE_VERSION
from resonance_contracts.pb.resonance.v1.model_pb2 import ModelPromoted
from resonance_contracts.topics import MODELS_PROMOTED
from resonance_modeling.artifact import (
    ONNX_FILE,
    Artifact,
    DataWindow,
    Manifest,
    Parity,
    Signature,
    StoredFile,
    Tensor,
    content_version,
)
from resonance_modeling.errors import UnknownVersion
from resonance_predictor.functions import Functions
from resonance_predictor.inference import servable
from resonance_runtime.health import Health
from resonance_runtime.records import Record

SIGNATURE = Signature(inputs=(Tensor(name="x", shape=(-1, 2)),), outputs=(Tensor(name="y", shape=(-1, 2)),))
OTHER = Signature(inputs=SIGNATURE.inputs, outputs=(Tensor(name="z", shape=(-1, 2)),))


def times(factor: float, signature: Signature = SIGNATURE, name: str = "multiplying") -> Artifact:
    """A model that multiplies."""
    graph = helper.make_graph(
        [helper.make_node("Mul", ["x", "factor"], ["y"])],
        "times",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 2])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 2])],
        [helper.make_tensor("factor", TensorProto.FLOAT, [1], [factor])],
    )
    onnx = helper.make_model(graph, ir_version=8, opset_imports=[helper.make_opsetid("", 17)]).SerializeToString()
    file = StoredFile.of(ONNX_FILE, onnx)
    manifest = Manifest(
        model_name=name,
        model_version=content_version(name, file.sha256, None, None, None, CATALOGUE_VERSION, ("a",), signature),
        files=(file,),
        catalogue_version=CATALOGUE_VERSION,
        feature_names=("a",),
        signature=signature,
        data_window=DataWindow(first_end_us=0, last_end_us=1, vectors=1, users=1, flagged=0, streams=(), offsets={}),
        metrics={},
        parity=Parity(rows=1, largest=0.0, mean=0.0, tolerance=1.0, by_kind={}),
        opsets={},
        libraries={},
        parameters={},
    )
    return Artifact(manifest, onnx)


class Shelf:
    """A registry in memory."""

    def __init__(self, *artifacts: Artifact) -> None:
        self._of = {one.manifest.model_version: one for one in artifacts}

    async def get(self, model_name: str, version: str) -> Artifact:
        if version not in self._of:
            raise UnknownVersion(f"There is no {version}.")
        return self._of[version]


def promotion(artifact: Artifact, revision: int, alias: str = "champion", name: str = "multiplying"):
    value = ModelPromoted(
        model_name=name, alias=alias, model_version=artifact.manifest.model_version, revision=revision
    )
    return Record(MODELS_PROMOTED, 0, revision, str(revision), 1, None, value, {})


@pytest.fixture
def health() -> Health:
    return Health(30.0)


async def test_the_newest_promoted_version_is_the_champion_and_the_one_before_it_can_be_asked(health):
    two, three = times(2.0), times(3.0)
    functions = Functions(Shelf(two, three), health, {"multiplying": SIGNATURE})
    assert functions.champion("multiplying") is None
    await functions.handle([promotion(two, 1), promotion(three, 2), promotion(two, 1)])
    champion: servable.Servable | None = functions.champion("multiplying")
    assert champion is not None and champion.version == three.manifest.model_version
    assert [one.version for one in functions.loaded("multiplying")] == [
        three.manifest.model_version,
        two.manifest.model_version,
    ]
    assert champion.inputs == (servable.Tensor("x", "FP32", (-1, 2)),)
    assert champion.outputs == (servable.Tensor("y", "FP32", (-1, 2)),)
    assert champion.infer({"x": np.array([[1.0, 2.0]])})["y"].tolist() == [[3.0, 6.0]]
    assert health.details["multiplying"] == champion.version


async def test_other_names_and_aliases_are_not_meant(health):
    two = times(2.0)
    functions = Functions(Shelf(two), health, {"multiplying": SIGNATURE})
    await functions.handle([promotion(two, 1, alias="challenger"), promotion(two, 1, name="anomaly_detection")])
    assert functions.champion("multiplying") is None


async def test_a_version_that_cannot_be_used_leaves_the_one_before_it(health):
    two, strange = times(2.0), times(2.0, OTHER)
    functions = Functions(Shelf(two, strange), health, {"multiplying": SIGNATURE})
    await functions.handle([promotion(two, 1), promotion(strange, 2), promotion(times(9.0), 3)])
    champion = functions.champion("multiplying")
    assert champion is not None and champion.version == two.manifest.model_version
    assert "cannot be used" in health.degradations()["multiplying"]


async def test_a_champion_that_comes_back_is_not_fetched_again(health):
    two, three = times(2.0), times(3.0)
    shelf = Shelf(two, three)
    functions = Functions(shelf, health, {"multiplying": SIGNATURE})
    await functions.handle([promotion(two, 1), promotion(three, 2)])
    before = functions.loaded("multiplying")[1]
    shelf._of.clear()
    await functions.handle([promotion(two, 3)])
    assert functions.champion("multiplying") is before
    assert [one.version for one in functions.loaded("multiplying")] == [
        two.manifest.model_version,
        three.manifest.model_version,
    ]
