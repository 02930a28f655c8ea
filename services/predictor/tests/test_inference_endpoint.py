"""The addresses of the inference protocol."""

from __future__ import annotations

import gzip
import json

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from resonance_contracts.features import WIDTH
from resonance_contracts.pb.resonance.v1.model_pb2 import ModelPromoted
from resonance_contracts.topics import MODELS_PROMOTED
from resonance_modeling.scorer import EnsembleScorer
from resonance_predictor.answers import USAGE
from resonance_predictor.endpoint import Endpoint
from resonance_predictor.ensemble import Ensemble
from resonance_predictor.inference.anomalies import anomaly_shelf
from resonance_predictor.inference.catalogue import Catalogue
from resonance_predictor.inference.endpoint import HEADER_LENGTH, LARGE_BODY, InferenceEndpoint
from resonance_predictor.models import Models
from resonance_predictor.rules import RuleBook
from resonance_runtime import metrics
from resonance_runtime.health import Health
from resonance_runtime.records import Record
from tests.support.ordinary_model import ordinary_model, ordinary_vectors

MODEL = "/v2/models/anomaly_detection"
LARGEST = 200_000


@pytest.fixture
def health() -> Health:
    return Health(30.0)


@pytest.fixture
def models(health) -> Models:
    return Models(None, health)


@pytest.fixture(scope="module")
def before() -> Ensemble:
    """The champion before."""
    return Ensemble(EnsembleScorer(ordinary_model(seed=2)))


@pytest.fixture
def promoted(models, ensemble, before) -> Models:
    """Models with a champion, and the one before it still loaded."""
    models._loaded = {before.model: before, ensemble.model: ensemble}
    models.champion = ensemble
    return models


@pytest.fixture
async def client(models, health):
    endpoint = InferenceEndpoint(Catalogue({"anomaly_detection": anomaly_shelf(models)}), health)
    app = web.Application(client_max_size=LARGEST)
    app.add_routes(
        [*Endpoint(lambda: (RuleBook.default(), models.champion), models.versions).routes(), *endpoint.routes()]
    )
    async with TestClient(TestServer(app)) as found:
        yield found


async def got(client, path: str):
    response = await client.get(path)
    assert response.content_type == "application/json"
    return response.status, await response.json()


async def asked(client, path: str, rows, **others):
    inputs = [{"name": "vectors", "shape": list(rows.shape), "datatype": "FP64", "data": rows.ravel().tolist()}]
    return await client.post(path, data=json.dumps({"inputs": inputs, **others}).encode())


def counted(model: str, outcome: str) -> float:
    histogram = metrics.PREDICTOR_QUESTION_SECONDS.labels("infer", model, outcome)
    return next(sample.value for sample in histogram._child_samples() if sample.name == "_count")


async def test_it_is_told_which_alias_names_a_version(client, promoted, ensemble, before):
    champion, challenger = ensemble.model.version, before.model.version
    promotion = ModelPromoted(
        model_name="anomaly_detection", alias="challenger", model_version=challenger, revision=1, share=0.1
    )
    await promoted.handle([Record(MODELS_PROMOTED, 0, 1, "p", 0, None, promotion, {})])
    await promoted.catch_up()
    _, metadata = await got(client, MODEL)
    assert metadata["versions"] == [champion, challenger]
    assert metadata["parameters"] == {"champion": champion, "challenger": challenger}
    _, usage = await got(client, "/predict")
    assert usage["versions"] == {champion: ["champion"], challenger: ["challenger"]}


async def test_metadata_and_health(client, promoted, ensemble):
    status, about = await got(client, "/v2")
    assert (status, about["name"], about["extensions"]) == (200, "resonance-predictor", ["binary_tensor_data"])
    assert await got(client, "/v2/health/live") == (200, {"live": True})
    assert await got(client, "/v2/health/ready") == (200, {"ready": True})
    other = promoted.loaded[1].model.version
    for path in (MODEL, f"{MODEL}/versions/{other}"):
        assert await got(client, path) == (
            200,
            {
                "name": "anomaly_detection",
                "versions": [ensemble.model.version, other],
                "platform": "onnxruntime_onnx",
                "inputs": [{"name": "vectors", "datatype": "FP32", "shape": [-1, WIDTH]}],
                "outputs": [
                    {"name": "score", "datatype": "FP64", "shape": [-1]},
                    {"name": "tail_probability", "datatype": "FP64", "shape": [-1]},
                    {"name": "confidence", "datatype": "FP64", "shape": [-1]},
                    {"name": "members", "datatype": "FP64", "shape": [-1, 5]},
                ],
                "parameters": {"champion": ensemble.model.version},
            },
        )
        assert await got(client, f"{path}/ready") == (200, {"name": "anomaly_detection", "ready": True})


async def test_the_champion_answers_or_the_version_that_is_named(client, promoted):
    rows = ordinary_vectors(3, 9)
    for version, ensemble in [(None, promoted.champion), *((f.model.version, f) for f in promoted.loaded)]:
        path = MODEL if version is None else f"{MODEL}/versions/{version}"
        response = await asked(client, f"{path}/infer", rows, id="x")
        found = await response.json()
        assert (response.status, response.content_type) == (200, "application/json")
        assert (found["id"], found["model_version"]) == ("x", ensemble.model.version)
        assert found["outputs"][0]["data"] == ensemble.scores(rows).score.tolist()


async def test_large_batches_and_compressed_bodies_are_answered(client, promoted, ensemble):
    rows = ordinary_vectors(700, 10).astype("<f4")
    tensor = {"name": "vectors", "shape": [700, WIDTH], "datatype": "FP32"}
    head = json.dumps(
        {
            "inputs": [{**tensor, "parameters": {"binary_data_size": rows.nbytes}}],
            "parameters": {"binary_data_output": True},
        }
    ).encode()
    body = head + rows.tobytes()
    assert len(body) > LARGE_BODY
    for data, encoding in ((body, "identity"), (gzip.compress(body), "gzip")):
        headers = {HEADER_LENGTH: str(len(head)), "Content-Encoding": encoding}
        response = await client.post(f"{MODEL}/infer", data=data, headers=headers)
        assert (response.status, response.content_type) == (200, "application/octet-stream")
        answer = await response.read()
        said = ensemble.scores(rows)
        outputs = (said.score, said.tail_probability, said.confidence, said.members[:, :-1])
        assert answer[int(response.headers[HEADER_LENGTH]) :] == b"".join(one.tobytes() for one in outputs)


async def test_without_a_champion_there_is_no_answer_yet(client):
    before = counted("anomaly_detection", "unavailable")
    for path in ("/v2/health/ready", MODEL, f"{MODEL}/ready"):
        status, body = await got(client, path)
        assert status == 503
        assert "No version of anomaly_detection was promoted yet" in body["error"]
    assert (await asked(client, f"{MODEL}/infer", ordinary_vectors(1, 1))).status == 503
    assert counted("anomaly_detection", "unavailable") == before + 1


async def test_a_service_that_is_not_well_says_so(client, promoted, health):
    health.wait_for("topics", "Topics are missing.")
    stuck = health.progress("loop")
    stuck.busy()
    stuck._busy_since -= 100
    assert await got(client, "/v2/health/ready") == (503, {"error": "Topics are missing."})
    status, body = await got(client, "/v2/health/live")
    assert (status, "No progress for 100 s" in body["error"]) == (503, True)


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "says"),
    [
        ("GET", "/v2/models/weather", b"", 404, "no model 'weather'"),
        ("GET", "/v2/models/weather/ready", b"", 404, "no model 'weather'"),
        ("GET", f"{MODEL}/versions/1", b"", 404, "Version '1' of anomaly_detection is not loaded; loaded: "),
        ("POST", "/v2/models/weather/infer", b"{}", 404, "no model 'weather'"),
        ("POST", f"{MODEL}/versions/1/infer", b"{}", 404, "not loaded"),
        ("POST", f"{MODEL}/infer", b"{}", 400, "missing required field `inputs`"),
        ("POST", f"{MODEL}/infer", b" " * (LARGEST + 1), 413, "at most 200000 bytes"),
        ("GET", f"{MODEL}/infer", b"", 405, "asked with POST, not with GET"),
        ("DELETE", MODEL, b"", 405, "asked with GET, not with DELETE"),
        ("POST", "/v2/repository/index", b"", 404, "nothing at /v2/repository/index"),
        ("GET", "/v2/models/stats/x/y", b"", 404, "nothing at"),
    ],
)
async def test_what_is_refused_is_refused_as_the_protocol_wants(client, promoted, method, path, body, status, says):
    response = await client.request(method, path, data=body)
    assert (response.status, response.content_type) == (status, "application/json")
    found = await response.json()
    assert found.keys() == {"error"}
    assert says in found["error"]


async def test_a_body_that_breaks_off_is_refused(client, promoted):
    response = await client.post(f"{MODEL}/infer", data=b"no gzip", headers={"Content-Encoding": "gzip"})
    assert (response.status, response.content_type) == (400, "application/json")
    assert "could not be read to its end" in (await response.json())["error"]


async def test_a_model_that_fails_says_no_more_than_that(client, promoted, monkeypatch, caplog):
    monkeypatch.setattr(Ensemble, "scores", lambda self, values: 1 / 0)
    before = counted("anomaly_detection", "failed")
    response = await asked(client, f"{MODEL}/infer", ordinary_vectors(1, 1))
    assert (response.status, await response.json()) == (
        500,
        {"error": "The model failed; the log of the predictor says why."},
    )
    assert "ZeroDivisionError" in caplog.text
    assert counted("anomaly_detection", "failed") == before + 1


async def test_questions_are_counted_by_model_and_outcome(client, promoted):
    before = [counted("anomaly_detection", "answered"), counted("other", "refused")]
    await asked(client, f"{MODEL}/infer", ordinary_vectors(1, 1))
    await asked(client, "/v2/models/made-up/infer", ordinary_vectors(1, 1))
    assert [counted("anomaly_detection", "answered"), counted("other", "refused")] == [n + 1 for n in before]


async def test_the_usage_text_names_every_address(client):
    _, usage = await got(client, "/predict")
    assert usage["inference"] == USAGE["inference"]
    for name in ("/v2", "/v2/health/live", "/v2/health/ready", "/v2/models/{model}[/versions/{version}]"):
        assert any(name == line.split(" ")[1] for line in usage["inference"])
