"""The OpenAPI document: valid, current, complete, and true of the gateway that serves it."""

from __future__ import annotations

import asyncio
import copy
import json
from math import nan
from pathlib import Path

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from openapi_spec_validator import validate
from schemathesis import GenerationMode

from resonance_contracts.features import WIDTH
from resonance_contracts.pb.resonance.v1 import detection_pb2, explanation_pb2, features_pb2, model_pb2, request_pb2
from resonance_contracts.topics import (
    ANOMALIES_DETECTED,
    EXPLANATIONS_PRODUCED,
    FEATURES_COMPUTED,
    TRAININGS_PROGRESSED,
)
from resonance_gateway.documents.__main__ import documents
from resonance_gateway.people.pseudonyms import Pseudonyms
from resonance_llm_orchestrator.actions.policy import read_policy
from resonance_llm_orchestrator.notifying.silences import Silences
from resonance_llm_orchestrator.tasks.answering import Answering
from resonance_llm_orchestrator.tasks.incidents import RecentIncidents
from resonance_llm_orchestrator.tasks.lookups import Lookups
from resonance_llm_orchestrator.tasks.table import handlers_of
from resonance_llm_orchestrator.telling.index import IncidentIndex
from resonance_predictor import answers
from resonance_predictor.rules import RuleBook
from resonance_runtime.erasures import Erasures
from resonance_runtime.errors import Problem
from tests.support.acting import Clock, Log, Process
from tests.support.offline_writer import OfflineWriter

PUBLISHED = Path(__file__).parents[3] / "docs" / "reference" / "openapi.json"
KEY = Pseudonyms("a key of pseudonyms for tests, long enough").user("user_12345")
EXAMPLES = 6


@pytest.fixture(scope="module")
def document():
    return json.loads(documents()["openapi.json"])


def test_it_is_valid(document):
    validate(document)


def test_the_published_one_is_current():
    written = PUBLISHED.read_text(encoding="utf-8")
    assert written == documents()["openapi.json"], "run `make reference`"


async def test_it_is_served(running, document):
    response = await running.client.get("/openapi.json")

    assert (response.status, response.content_type) == (200, "application/json")
    assert await response.json() == document


def test_every_route_of_rest_is_in_it(document, running):
    described = {f"{method.upper()} {path}" for path, item in document["paths"].items() for method in item}
    served = {f"{route.method} {route.path}" for route in running.gateway.rest()}

    assert described == served


def test_every_operation_says_what_it_is(document):
    operations = [operation for item in document["paths"].values() for operation in item.values()]

    assert len({operation["operationId"] for operation in operations}) == len(operations)
    assert all(operation["summary"].endswith(".") and operation["tags"] for operation in operations)
    for operation in operations:
        assert operation["security"] and {"400", "401", "403", "429", "500", "503"} <= operation["responses"].keys()


def test_every_field_of_an_answer_or_request_that_is_no_plain_name_is_described(document):
    schemas = document["components"]["schemas"]

    assert schemas["ExplainAnomaly"]["properties"]["alert_id"]["description"] == "The incident's id."
    assert schemas["RecentVectors"]["properties"]["next_cursor"]["description"].startswith("Where the next page")
    assert [name for name, schema in schemas.items() if not schema.get("description")] in ([], ["JsonValue"])


@pytest.fixture
def answering(running, redis_server):
    """Lets the gateway's questions be answered: by the predictor's and the orchestrator's own code; one explanation."""

    async def send_all(records):
        return None

    words = handlers_of(OfflineWriter(), RecentIncidents(Erasures()))
    actions = Process(Log(), Clock(), read_policy(None)).handlers()
    lookups = Lookups(IncidentIndex(redis_server.url), Silences(), send_all).handlers()
    tasks = Answering({**words, **actions, **lookups}, send_all=None, concurrency=1)

    async def ask(topic, question, answer, timeout_s):
        if isinstance(question, request_pb2.ModelRequest):
            promoted = model_pb2.ModelPromoted(
                model_name=question.model_name, alias="champion", model_version="a" * 64, revision=2
            )
            return request_pb2.ModelReply(training_id="t1", promoted=promoted, message="Done.")
        if isinstance(question, request_pb2.ScoreRequest):
            if question.model_name == "load_prediction":
                return request_pb2.ScoreReply(load=request_pb2.LoadForecast(horizons=[request_pb2.LoadHorizon()]))
            if question.model_name == "user_behavior":
                kinds = [request_pb2.BehaviorKind(names={"en": "quiet"}, probability=1.0)]
                return request_pb2.ScoreReply(behavior=request_pb2.UserBehavior(kinds=kinds))
            return answers.reply(answers.Question(features=dict(question.features)), RuleBook.default(), None)
        if isinstance(question, request_pb2.TaskRequest):
            said = await tasks.answer(question, timeout_s)
            if isinstance(said, Problem):
                raise said
            return said
        return request_pb2.ExplainReply(explanation=_explanation())

    running.gateway._requester.ask = ask
    take = running.gateway.newsroom.take
    take(ANOMALIES_DETECTED, _anomaly())
    take(TRAININGS_PROGRESSED, model_pb2.TrainingProgressed(training_id="t0", model_name="user_behavior", revision=1))
    take(EXPLANATIONS_PRODUCED, _explanation())
    take(
        FEATURES_COMPUTED,
        features_pb2.VectorBatch(
            stream="live",
            width=WIDTH,
            vector_id=[f"v{i}" for i in range(3)],
            user_key=[KEY] * 3,
            start_us=[1] * 3,
            end_us=[2, 3, 4],
            values=[0.5] * (3 * WIDTH),
        ),
    )
    return running


def _anomaly():
    return detection_pb2.Anomaly(
        vector_id="v1", user_key=KEY, stream="live", values=[0.5] * WIDTH, score=nan, tail_probability=nan
    )


def _explanation():
    text = explanation_pb2.LocalizedText(language="en", technical="values", natural="too fast")
    return explanation_pb2.Explanation(vector_id="v1", user_key=KEY, texts=[text], anomaly=_anomaly())


# Schemathesis draws from `random` inside of its strategies, on a seed.
@pytest.mark.long
@pytest.mark.filterwarnings("ignore:Do not use the `random` module:hypothesis.errors.HypothesisDeprecationWarning")
async def test_the_gateway_keeps_it(document, answering, make_token):
    """Requests of the documented form and of wrong ones, to every operation: no 5xx, nothing undocumented."""
    token = make_token("schema", roles=["admin", "replay"])
    port = answering.client.port

    await asyncio.to_thread(_try_all, document, f"http://127.0.0.1:{port}", {"Authorization": f"Bearer {token}"})


def _try_all(document, address, headers):
    with requests.Session() as session:
        for mode, tried in ((GenerationMode.POSITIVE, _without_cursors(document)), (GenerationMode.NEGATIVE, document)):
            for operation in schemathesis.openapi.from_dict(tried).get_all_operations():
                _try(operation.ok(), mode, base_url=address, headers=headers, session=session, timeout=60)


def _without_cursors(document):
    """The document without what cannot be made up: a cursor is one that an answer gave."""
    kept = copy.deepcopy(document)
    for item in kept["paths"].values():
        for operation in item.values():
            operation["parameters"] = [p for p in operation["parameters"] if p["name"] != "cursor"]
    return kept


def _try(operation, mode, **call):
    @settings(
        max_examples=EXAMPLES,
        database=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def attempt(case):
        case.call_and_validate(**call)

    attempt()
