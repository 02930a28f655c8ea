"""The shell without a broker: models, the stream's handler, answers to questions."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from math import inf, nan
from typing import Any

import numpy as np
import pytest

from resonance_contracts.features import INDEX
from resonance_contracts.pb.resonance.v1 import detection_pb2, explanation_pb2, request_pb2
from resonance_contracts.pb.resonance.v1.model_pb2 import ModelPromoted
from resonance_contracts.pb.resonance.v1.people_pb2 import UserErased
from resonance_contracts.topics import ANOMALIES_DETECTED, EXPLANATIONS_PRODUCED, EXPLANATIONS_REQUESTED, REPLIES_SENT
from resonance_modeling.artifact import ANOMALY_DETECTION, ONNX_FILE, Artifact
from resonance_modeling.errors import SignatureMismatch
from resonance_modeling.registry import BUCKET, Registry, version_key
from resonance_modeling.scorer import EnsembleScorer
from resonance_runtime import metrics
from resonance_runtime.erasures import Erasures, received_us
from resonance_runtime.errors import Problem, Reject, Unavailable
from resonance_runtime.health import Health
from resonance_runtime.records import CORRELATION_ID, DEADLINE_MS, REPLY_PARTITION, Outgoing, Record
from resonance_runtime.settings import load
from resonance_xai.answers import Answers
from resonance_xai.asked.methods import Method
from resonance_xai.beside import Beside
from resonance_xai.cases import Cases
from resonance_xai.champions import Champions
from resonance_xai.errors import MalformedAnomaly, ModelMissing
from resonance_xai.explainer import Explainer
from resonance_xai.history import History
from resonance_xai.line import Patience
from resonance_xai.models import Models
from resonance_xai.rest.served_shelf import ServedShelf
from resonance_xai.rest.workshop import Workshop
from resonance_xai.settings import XaiSettings
from resonance_xai.stream import Stream

MakeAnomaly = Callable[..., detection_pb2.Anomaly]


class Sent(list[Outgoing]):
    """What was published."""

    async def send_all(self, outgoing: Sequence[Outgoing]) -> None:
        self.extend(outgoing)


@pytest.fixture
def thread() -> AsyncIterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as pool:
        yield pool


@pytest.fixture
def models(shelf: Any, thread: ThreadPoolExecutor) -> Models:
    return Models(Registry(shelf), thread)


@pytest.fixture
def explainer(models: Models, thread: ThreadPoolExecutor) -> Explainer:
    return Explainer(models, thread, 100)


@pytest.fixture
def sent() -> Sent:
    return Sent()


@pytest.fixture
def champions(artifact: Artifact) -> Champions:
    found = Champions(Health(30))
    version = artifact.manifest.model_version
    found.take(ModelPromoted(model_name=ANOMALY_DETECTION, alias="champion", model_version=version, revision=1))
    return found


@pytest.fixture
def history() -> History:
    return History(10)


@pytest.fixture
async def answers(
    explainer: Explainer, champions: Champions, history: History, sent: Sent, models: Models, shelf: Any
) -> AsyncIterator[Answers]:
    workshop = Workshop()
    versions = ServedShelf(models, Registry(shelf), champions, workshop)
    beside = Beside(versions, workshop)
    yield Answers(explainer, champions, Cases(history), beside, frozenset(Method), sent.send_all)
    await workshop.stop()


def record(value: Any, topic: Any = ANOMALIES_DETECTED, **headers: str) -> Record[Any]:
    return Record(topic, 0, 0, "id", 1, None, value, headers)


async def test_a_version_is_loaded_once(models: Models, shelf: Any, artifact: Artifact) -> None:
    version = artifact.manifest.model_version
    first = await models.get(ANOMALY_DETECTION, version)
    assert await models.get(ANOMALY_DETECTION, version) is first
    assert len(shelf.asked) == len(set(shelf.asked)) == 2


async def test_a_version_that_is_missing_or_a_store_that_is_down_may_be_waited_for(models: Models, shelf: Any) -> None:
    with pytest.raises(ModelMissing, match="has no manifest"):
        await models.get(ANOMALY_DETECTION, "3f" * 32)
    shelf.down = True
    with pytest.raises(Unavailable, match="cannot be reached"):
        await models.get(ANOMALY_DETECTION, "3f" * 32)


async def test_an_artifact_that_was_changed_is_waited_for_and_not_used(
    models: Models, shelf: Any, artifact: Artifact, other_artifact: Artifact
) -> None:
    version = artifact.manifest.model_version
    changed = version_key(ANOMALY_DETECTION, version, ONNX_FILE)
    shelf.objects[BUCKET, changed] = other_artifact.onnx
    with pytest.raises(Unavailable, match="it was changed or cut"):
        await models.get(ANOMALY_DETECTION, version)
    shelf.put(artifact)
    assert (await models.get(ANOMALY_DETECTION, version)).version == version


async def test_an_artifact_that_this_service_cannot_use_is_not_waited_for(
    shelf: Any, thread: ThreadPoolExecutor, artifact: Artifact
) -> None:
    def load_(_: Artifact) -> Any:
        raise SignatureMismatch("trained on other features")

    with pytest.raises(MalformedAnomaly, match="trained on other features"):
        await Models(Registry(shelf), thread, load=load_).get(ANOMALY_DETECTION, artifact.manifest.model_version)


async def test_the_stream_answers_each_anomaly_under_its_own_id(
    explainer: Explainer, sent: Sent, artifact: Artifact, anomaly: MakeAnomaly
) -> None:
    flagged = [anomaly(artifact), anomaly(vector_id="vector-2")]
    await Stream(explainer, sent.send_all).handle([record(a) for a in flagged])
    assert [o.id for o in sent] == ["vector-1", "vector-2"]
    for outgoing, one in zip(sent, flagged, strict=True):
        assert outgoing.topic is EXPLANATIONS_PRODUCED
        assert (outgoing.user_key, outgoing.time_us) == (one.user_key, one.end_us)
        assert outgoing.value.anomaly == one
    assert [o.value.method for o in sent] == ["shapley-enumeration", "rule"]


async def test_what_a_challenger_scored_is_explained_by_its_version_though_it_was_never_promoted(
    explainer: Explainer, sent: Sent, shelf: Any, other_artifact: Artifact, champions: Champions, anomaly: MakeAnomaly
) -> None:
    version = shelf.put(other_artifact)
    trial = ModelPromoted(model_name=ANOMALY_DETECTION, alias="challenger", model_version=version, revision=7)
    champions.take(trial)
    await Stream(explainer, sent.send_all).handle([record(anomaly(other_artifact))])
    assert (sent[0].value.scorer.model_version, sent[0].value.method) == (version, "shapley-enumeration")
    assert champions.version(ANOMALY_DETECTION) != version


async def test_people_who_were_erased_are_not_explained_and_their_attributions_not_remembered(
    explainer: Explainer, sent: Sent, artifact: Artifact, anomaly: MakeAnomaly
) -> None:
    erasures = Erasures(explainer.forget)
    stream = Stream(explainer, sent.send_all, erasures)
    misses = metrics.XAI_CACHE.labels(outcome="miss")
    gone, other = anomaly(artifact), anomaly(artifact, vector_id="vector-2", user_key="u_other")
    await stream.handle([record(gone), record(other)])
    before = misses._value.get()
    erasures.take(UserErased(user_key=gone.user_key, erased_us=received_us(gone)))
    await stream.handle([record(gone), record(other)])
    assert [o.id for o in sent] == ["vector-1", "vector-2", "vector-2"]
    assert misses._value.get() == before + 1, "computed anew"


async def test_a_repeat_is_published_with_identical_bytes(
    explainer: Explainer, sent: Sent, artifact: Artifact, anomaly: MakeAnomaly
) -> None:
    stream = Stream(explainer, sent.send_all)
    await stream.handle([record(anomaly(artifact))])
    await stream.handle([record(anomaly(artifact))])
    first, second = (o.value.SerializeToString(deterministic=True) for o in sent)
    assert first == second


async def test_the_stream_waits_for_a_model_and_sends_nothing_wrong(
    explainer: Explainer, sent: Sent, shelf: Any, other_artifact: Artifact, anomaly: MakeAnomaly
) -> None:
    stream, flagged = Stream(explainer, sent.send_all), anomaly(other_artifact)
    with pytest.raises(Unavailable):
        await stream.handle([record(flagged)])
    assert not sent
    shelf.put(other_artifact)
    await stream.handle([record(flagged)])
    assert [o.value.scorer.model_version for o in sent] == [other_artifact.manifest.model_version]


async def test_what_can_never_be_explained_is_rejected_with_the_reason(
    explainer: Explainer, sent: Sent, artifact: Artifact, anomaly: MakeAnomaly
) -> None:
    with pytest.raises(Reject, match="MalformedAnomaly: Expected values"):
        await Stream(explainer, sent.send_all).handle([record(anomaly(artifact, catalogue_version="0"))])
    assert not sent


def flood(anomaly: MakeAnomaly, artifact: Artifact, baseline: Any, *severities: int) -> list[detection_pb2.Anomaly]:
    """Anomalies that were received at second 100."""
    return [
        anomaly(artifact, vector_id=f"v{n}", severity=severity, baseline=baseline, last_received_us=100_000_000)
        for n, severity in enumerate(severities)
    ]


LOW, MEDIUM, HIGH, CRITICAL = range(1, 5)


async def test_under_a_flood_the_gravest_are_explained_first_and_in_full_and_none_is_dropped(
    explainer: Explainer, artifact: Artifact, anomaly: MakeAnomaly, baseline: Any
) -> None:
    batches: list[list[Outgoing]] = []

    async def send_all(outgoing: Sequence[Outgoing]) -> None:
        batches.append(list(outgoing))

    stream = Stream(explainer, send_all, patience=Patience(full=4, waited_s=1.0, clock=lambda: 102.0))
    skipped = metrics.XAI_SKIPPED.labels(part="user_reference")
    before = skipped._value.get()
    await stream.handle([record(one) for one in flood(anomaly, artifact, baseline, LOW, CRITICAL, MEDIUM, HIGH)])
    assert [[one.id for one in batch] for batch in batches] == [["v1", "v3"], ["v2", "v0"]]
    in_full, in_brief = ([list(one.value.skipped) for one in batch] for batch in batches)
    assert (in_full, in_brief) == ([[], []], [["user_reference"]] * 2)
    assert skipped._value.get() == before + 2
    assert all(one.value.method == "shapley-enumeration" for batch in batches for one in batch)


@pytest.mark.parametrize(
    "patience",
    [
        Patience(full=5, waited_s=1.0, clock=lambda: 102.0),
        Patience(full=4, waited_s=1.0, clock=lambda: 100.5),
        Patience(full=4, waited_s=1.0, since_s=101.5, clock=lambda: 102.0),
    ],
    ids=["room", "no delay", "nobody was there"],
)
async def test_a_batch_with_room_or_without_delay_or_that_waited_for_a_start_is_no_flood(
    explainer: Explainer, sent: Sent, artifact: Artifact, anomaly: MakeAnomaly, baseline: Any, patience: Patience
) -> None:
    flagged = flood(anomaly, artifact, baseline, LOW, CRITICAL, MEDIUM, HIGH)
    await Stream(explainer, sent.send_all, patience=patience).handle([record(one) for one in flagged])
    assert [one.id for one in sent] == ["v0", "v1", "v2", "v3"]
    assert not any(one.value.skipped for one in sent)


async def test_explanations_are_counted_and_timed_by_method(
    explainer: Explainer, artifact: Artifact, anomaly: MakeAnomaly
) -> None:
    counter = metrics.XAI_EXPLANATIONS.labels(method="shapley-enumeration")
    failed = metrics.XAI_CHECKS_FAILED.labels(check="score")
    before, failed_before = counter._value.get(), failed._value.get()
    await explainer.anomaly(anomaly(artifact))
    assert failed._value.get() == failed_before
    await explainer.anomaly(anomaly(artifact, score=0.999))
    assert counter._value.get() == before + 2
    assert failed._value.get() == failed_before + 1


async def test_an_explanation_that_fails_a_check_is_an_error_in_the_log(
    explainer: Explainer, sent: Sent, artifact: Artifact, anomaly: MakeAnomaly, caplog: pytest.LogCaptureFixture
) -> None:
    stream = Stream(explainer, sent.send_all)
    await stream.handle([record(anomaly(artifact, vector_id="right"))])
    await stream.handle([record(anomaly(artifact, vector_id="wrong", score=0.999))])
    (line,) = caplog.records
    assert (line.levelname, line.vector_id, line.reason) == ("ERROR", "wrong", "score")


async def test_it_is_told_how_long_it_took_from_what_was_received_to_its_explanation(
    explainer: Explainer, sent: Sent, artifact: Artifact, anomaly: MakeAnomaly
) -> None:
    before = metrics.XAI_DELAY_SECONDS._sum.get()
    stream = Stream(explainer, sent.send_all, patience=Patience(clock=lambda: 103.5))
    await stream.handle([record(anomaly(artifact, last_received_us=100_000_000))])
    assert metrics.XAI_DELAY_SECONDS._sum.get() == before + 3.5


async def test_a_question_by_features_is_answered_by_the_champion(
    answers: Answers, artifact: Artifact, anomaly: MakeAnomaly
) -> None:
    features = {"messages_per_minute": 340.0, "burstiness_score": -0.95}
    told = await explained(answers, request_pb2.ExplainRequest(features=features))
    expected = anomaly(artifact, features)
    assert told.scorer.model_version == artifact.manifest.model_version
    assert told.score == expected.score
    (confidence,) = EnsembleScorer(artifact).scores(np.array([expected.values])).confidence
    assert told.anomaly.confidence == confidence > 0
    assert list(told.anomaly.values) == list(expected.values)
    assert {e.feature for e in told.attributions if e.attribution} <= set(features)
    assert all(t.natural and t.technical for t in told.texts)
    assert told.anomaly.values[INDEX["avg_message_size"]] == 300.0
    again = await explained(answers, request_pb2.ExplainRequest(features=features))
    assert again == told


async def test_a_question_may_name_its_version(answers: Answers, shelf: Any, other_artifact: Artifact) -> None:
    version = shelf.put(other_artifact)
    question = request_pb2.ExplainRequest(features={"error_rate": 0.9}, model_version=version)
    assert (await explained(answers, question)).scorer.model_version == version


async def test_a_question_by_vector_or_user_gets_what_the_stream_published(
    answers: Answers, history: History, explainer: Explainer, sent: Sent, artifact: Artifact, anomaly: MakeAnomaly
) -> None:
    flagged = anomaly(artifact)
    history.take(flagged)
    await Stream(explainer, sent.send_all).handle([record(flagged)])
    published = sent[0].value
    assert await explained(answers, request_pb2.ExplainRequest(vector_id="vector-1")) == published
    assert await explained(answers, request_pb2.ExplainRequest(user_key=flagged.user_key)) == published


async def test_what_is_not_known_before_the_past_is_read_may_be_known_later(anomaly: MakeAnomaly) -> None:
    history, read = History(10), [False]
    cases, flagged = Cases(history, lambda: read[0]), anomaly()
    for ask in (cases.vector, cases.user, cases.alert):
        with pytest.raises(Problem, match="ask again in a few seconds") as caught:
            ask("x")
        assert caught.value.status == 503
    history.take(flagged)
    assert cases.vector(flagged.vector_id) == flagged
    with pytest.raises(Problem, match="Past not read yet"):
        # A later one may be to come.
        cases.user(flagged.user_key)
    read[0] = True
    assert cases.user(flagged.user_key) == flagged
    with pytest.raises(Problem) as caught:
        cases.vector("x")
    assert caught.value.status == 404


async def explained(answers: Answers, question: request_pb2.ExplainRequest) -> explanation_pb2.Explanation:
    answer = await answers.answer(question)
    assert not isinstance(answer, Problem), answer
    return answer.explanation


@pytest.mark.parametrize(
    ("question", "status", "words"),
    [
        ({}, 400, "features, a vector_id or a user_key"),
        ({"features": {"speed": 1.0}}, 422, "speed is not among the model's 13 columns; expected messages_per_minute"),
        ({"features": {"error_rate": nan}}, 422, "error_rate is nan; expected a finite number from 0 to 1"),
        ({"features": {"messages_per_minute": inf}}, 422, "messages_per_minute is inf"),
        ({"features": {"messages_per_minute": -1.0}}, 422, "from 0 to inf"),
        ({"features": {"error_rate": 0.5}, "model_version": "latest"}, 422, "64 hexadecimal digits"),
        ({"features": {"error_rate": 0.5}, "model_version": "3f" * 32}, 404, "has no manifest"),
        ({"features": {"error_rate": 0.5}, "model_name": "other"}, 404, "There is no model 'other'"),
        ({"vector_id": "nobody"}, 404, "'nobody'"),
        ({"user_key": "u_nobody"}, 404, "'u_nobody'"),
    ],
)
async def test_a_question_without_an_answer_gets_a_problem(
    answers: Answers, question: dict[str, Any], status: int, words: str
) -> None:
    problem = await answers.answer(request_pb2.ExplainRequest(**question))
    assert isinstance(problem, Problem)
    assert problem.status == status
    assert words in problem.detail


async def test_somebody_who_asks_is_not_kept_waiting_for_a_store(answers: Answers, shelf: Any) -> None:
    shelf.down = True
    problem = await answers.answer(request_pb2.ExplainRequest(features={"error_rate": 0.5}))
    assert isinstance(problem, Problem)
    assert problem.status == 503


def question_record(deadline_ms: int) -> Record[Any]:
    headers = {CORRELATION_ID: "c-1", REPLY_PARTITION: "3", DEADLINE_MS: str(deadline_ms)}
    question = request_pb2.ExplainRequest(features={"error_rate": 0.9})
    return record(question, EXPLANATIONS_REQUESTED, **headers)


async def test_answers_go_where_the_question_says_and_not_after_its_deadline(answers: Answers, sent: Sent) -> None:
    now_ms = time.time_ns() // 1_000_000
    await answers.handle([question_record(now_ms - 1000)])
    assert not sent
    await answers.handle([question_record(now_ms + 60_000)])
    (outgoing,) = sent
    assert (outgoing.topic, outgoing.partition, outgoing.key) == (REPLIES_SENT, 3, b"c-1")
    told = request_pb2.ExplainReply.FromString(outgoing.value.inline).explanation
    assert told.method == "shapley-enumeration"


def test_the_size_of_the_cache_is_set_by_its_own_variable() -> None:
    assert load(XaiSettings, {"XAI_CACHE_SIZE": "7"}).cache_size == 7
    assert load(XaiSettings, {}).cache_size == 1000


def test_a_challenger_a_shadow_and_an_alias_that_names_nothing_change_no_champion(champions: Champions) -> None:
    before = champions.version(ANOMALY_DETECTION)
    for alias in ("challenger", "shadow"):
        for revision, version in ((7, "c" * 64), (8, "")):
            champions.take(
                ModelPromoted(model_name=ANOMALY_DETECTION, alias=alias, model_version=version, revision=revision)
            )
    assert champions.version(ANOMALY_DETECTION) == before
