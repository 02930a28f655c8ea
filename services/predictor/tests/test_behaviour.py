"""Kinds of users, asked by the inference protocol: which, how surely, how typical, and what they are called."""

from __future__ import annotations

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from resonance_contracts.features import WIDTH
from resonance_contracts.pb.resonance.v1.model_pb2 import ModelPromoted
from resonance_contracts.topics import MODELS_PROMOTED
from resonance_modeling.artifact import Artifact
from resonance_predictor.functions import Functions, function_shelves
from resonance_predictor.inference.catalogue import Catalogue
from resonance_predictor.inference.endpoint import InferenceEndpoint
from resonance_runtime.health import Health
from resonance_runtime.records import Record
from tests.support.kinds_of_people import behaviour_model

MODEL = "/v2/models/user_behavior"


class Shelf:
    """A registry with one version."""

    def __init__(self, artifact: Artifact) -> None:
        self._artifact = artifact

    async def get(self, model_name: str, version: str) -> Artifact:
        assert (model_name, version) == (self._artifact.manifest.model_name, self._artifact.manifest.model_version)
        return self._artifact


@pytest.fixture(scope="module")
def artifact() -> Artifact:
    return behaviour_model()


@pytest.fixture
def functions(artifact) -> Functions:
    return Functions(Shelf(artifact), Health(30.0))


@pytest.fixture
async def client(functions):
    app = web.Application()
    app.add_routes(InferenceEndpoint(Catalogue(function_shelves(functions)), Health(30.0)).routes())
    async with TestClient(TestServer(app)) as found:
        yield found


async def promote(functions, artifact) -> None:
    manifest = artifact.manifest
    value = ModelPromoted(
        model_name=manifest.model_name, alias="champion", model_version=manifest.model_version, revision=1
    )
    await functions.handle([Record(MODELS_PROMOTED, 0, 1, "1", 1, None, value, {})])


async def test_before_the_first_there_is_no_answer_and_readiness_does_not_wait(client):
    assert (await client.get(f"{MODEL}/ready")).status == 503
    assert (await client.get("/v2/health/ready")).status == 200


async def test_metadata_says_what_the_kinds_are_called(client, functions, artifact):
    await promote(functions, artifact)
    metadata = await (await client.get(MODEL)).json()
    names = [one.names for one in artifact.manifest.clusters]
    assert len(names) == 3
    assert metadata["versions"] == [artifact.manifest.model_version]
    assert metadata["inputs"] == [{"name": "usual", "datatype": "FP32", "shape": [-1, WIDTH]}]
    assert metadata["outputs"] == [
        {
            "name": "cluster",
            "datatype": "FP32",
            "shape": [-1],
            "parameters": {
                "0": names[0]["en"], "0.ru": names[0]["ru"], "1": names[1]["en"], "1.ru": names[1]["ru"],
                "2": names[2]["en"], "2.ru": names[2]["ru"],
            },
        },
        {"name": "memberships", "datatype": "FP32", "shape": [-1, 3]},
        {"name": "distance", "datatype": "FP32", "shape": [-1]},
    ]  # fmt: skip
    assert metadata["outputs"][0]["parameters"]["1"] == "many messages"
    assert metadata["outputs"][0]["parameters"]["1.ru"] == "много сообщений"


async def test_the_center_of_a_kind_is_surely_of_it(client, functions, artifact):
    await promote(functions, artifact)
    centers = [one.center for one in artifact.manifest.clusters]
    body = {"inputs": [{"name": "usual", "shape": [3, WIDTH], "datatype": "FP64", "data": centers}]}
    answer = await (await client.post(f"{MODEL}/infer", json=body)).json()
    cluster, memberships, distance = answer["outputs"]
    assert cluster["data"] == [0.0, 1.0, 2.0]
    assert memberships["shape"] == [3, 3]
    assert all(memberships["data"][4 * i] > 0.9 for i in range(3))
    assert distance["data"] == pytest.approx([0.0] * 3, abs=1e-3)


async def test_what_is_no_vector_is_refused(client, functions, artifact):
    await promote(functions, artifact)
    body = {"inputs": [{"name": "usual", "shape": [1, 3], "datatype": "FP32", "data": [1, 2, 3]}]}
    answer = await client.post(f"{MODEL}/infer", json=body)
    assert answer.status == 400
    assert (await answer.json())["error"] == "Expected usual of shape [-1, 13], -1 being any, got [1, 3]."
