"""Models over a real socket: which are in use, how trainings go, what the auto-retrainer is asked to do."""

from __future__ import annotations

import pytest

from resonance_contracts.features import FEATURE_NAMES
from resonance_contracts.pb.resonance.v1 import model_pb2, request_pb2
from resonance_contracts.topics import DRIFTS_DETECTED, MODELS_PROMOTED, MODELS_REQUESTED, TRAININGS_PROGRESSED
from resonance_gateway.news.recent import MOST_TRAININGS
from resonance_gateway.people.pseudonyms import Pseudonyms
from resonance_gateway.rest.model_kinds import KINDS
from resonance_gateway.rest.prediction_models import MINUTES
from resonance_modeling import artifact, behaviour, load
from resonance_runtime.errors import Problem

OLGA = Pseudonyms("a key of pseudonyms for tests, long enough").user("olga")


def promoted(version, alias="champion", revision=1, name="anomaly_detection", **others):
    return model_pb2.ModelPromoted(
        model_name=name, alias=alias, model_version=version, revision=revision, promoted_us=7, reason="Why.", **others
    )


def told(training_id="t1", revision=1, state="training", name="anomaly_detection", **others):
    return model_pb2.TrainingProgressed(
        training_id=training_id, model_name=name, trigger="schedule", revision=revision, state=state, **others
    )


@pytest.fixture
def asked(running, viewer):
    async def get(path, status=200):
        response = await running.client.get(path, headers=viewer)
        answer = await response.json()
        assert response.status == status, answer
        return answer

    return get


@pytest.fixture
def post(running, operator):
    async def send(path, body, status=200, headers=operator):
        response = await running.client.post(path, json=body, headers=headers)
        answer = await response.json()
        assert response.status == status, answer
        send.headers = response.headers
        return answer

    return send


@pytest.fixture
def admin(make_token):
    return {"Authorization": f"Bearer {make_token('olga', roles=['admin'])}"}


def test_the_models_are_those_that_are_made():
    assert list(KINDS) == [artifact.ANOMALY_DETECTION, load.LOAD_PREDICTION, behaviour.USER_BEHAVIOR]
    assert KINDS[load.LOAD_PREDICTION].features == load.FEATURES
    assert load.HISTORY == MINUTES


async def test_every_model_is_named_before_anything_was_trained(asked):
    answer = await asked("/ml/models")

    assert [(one["model_name"], one["type"], one["aliases"]) for one in answer["models"]] == [
        ("anomaly_detection", "classification", []),
        ("load_prediction", "regression", []),
        ("user_behavior", "clustering", []),
    ]
    assert answer["models"][0]["features"] == list(FEATURE_NAMES)
    assert answer["models"][0]["training"] is None


async def test_a_model_shows_its_aliases_versions_drift_and_training(asked, take):
    take(MODELS_PROMOTED, promoted("b" * 64, "shadow", 4))
    take(MODELS_PROMOTED, promoted("c" * 64, "challenger", 2, share=0.2))
    take(MODELS_PROMOTED, promoted("a" * 64, previous_version="d" * 64, revision=3))
    take(
        DRIFTS_DETECTED, model_pb2.DriftDetected(model_version="a" * 64, changes=[model_pb2.FeatureDrift(what="level")])
    )
    take(TRAININGS_PROGRESSED, told("t1", 5, "ended", outcome="stored", model_version="e" * 64))
    take(TRAININGS_PROGRESSED, told("t2", 1, message="Training on 600 vectors."))
    model = (await asked("/ml/models"))["models"][0]

    assert [(one["alias"], one["model_version"][0], one["share"]) for one in model["aliases"]] == [
        ("champion", "a", None),
        ("challenger", "c", 0.2),
        ("shadow", "b", None),
    ]
    assert model["aliases"][0] == {
        "alias": "champion",
        "model_version": "a" * 64,
        "previous_version": "d" * 64,
        "share": None,
        "revision": 3,
        "since_us": 7,
        "reason": "Why.",
    }
    assert [version[0] for version in model["versions"]] == ["a", "c", "b", "d", "e"]
    assert [change["what"] for change in model["drift"]] == ["level"]
    assert (model["training"]["training_id"], model["training"]["message"]) == ("t2", "Training on 600 vectors.")


@pytest.mark.parametrize("path", ["/ml/models", "/ml/status", "/ml/ai-status"])
async def test_an_alias_that_names_nothing_any_more_is_shown_nowhere(asked, take, path):
    take(MODELS_PROMOTED, promoted("a" * 64))
    take(MODELS_PROMOTED, promoted("", "shadow", 5, previous_version="b" * 64))
    take(MODELS_PROMOTED, promoted("b" * 64, "shadow", 4))
    models = (await asked(path))["models"]
    aliases = models[0]["aliases"] if path == "/ml/models" else models

    assert [one["alias"] for one in aliases] == ["champion"]


async def test_trainings_are_listed_newest_first_and_the_newest_revision_says_all(asked, take):
    for number in range(MOST_TRAININGS + 5):
        take(TRAININGS_PROGRESSED, told(f"t{number}", 2, started_us=number, metrics={"quality": 0.5}))
    take(TRAININGS_PROGRESSED, told("t104", 1, "waiting", started_us=104))
    answer = await asked("/ml/models/train?limit=2")

    assert [one["training_id"] for one in answer["trainings"]] == ["t104", "t103"]
    assert (answer["trainings"][0]["state"], answer["trainings"][0]["metrics"]) == ("training", {"quality": 0.5})
    assert (await asked("/ml/models/train/t5"))["outcome"] is None
    assert (await asked("/ml/models/train/t4", 404))["title"] == "No such training"


async def test_a_training_is_asked_for_and_can_be_looked_at_at_once(running, post, asked, take):
    running.requester.answer = request_pb2.ModelReply(training_id="t9", message="Begun.")
    body = {"model_name": "anomaly_detection", "data_source": "recent_features", "auto_deploy": True}
    answer = await post("/ml/models/train", body, 202)

    assert answer == {"training_id": "t9", "message": "Begun.", **body}
    assert post.headers["Location"] == "/ml/models/train/t9"
    (question,) = running.requester.questions
    assert (question.model_name, question.train.auto_deploy, question.asked_by) == ("anomaly_detection", True, OLGA)
    assert (await asked(post.headers["Location"]))["state"] == "waiting"
    take(TRAININGS_PROGRESSED, told("t9", 1, "training"))
    assert (await asked(post.headers["Location"]))["state"] == "training"


async def test_a_rollback_answers_with_the_champion_as_it_is_now(running, post, asked, take):
    take(MODELS_PROMOTED, promoted("b" * 64, revision=2, previous_version="a" * 64))
    change = promoted("a" * 64, revision=3, previous_version="b" * 64)
    running.requester.answer = request_pb2.ModelReply(promoted=change, message="Rolled back.")
    answer = await post("/ml/models/anomaly_detection/rollback", {"reason": "It flags everybody."})

    assert (answer["message"], answer["change"]["model_version"]) == ("Rolled back.", "a" * 64)
    (question,) = running.requester.questions
    assert (question.WhichOneof("action"), question.reason) == ("rollback", "It flags everybody.")
    assert (await asked("/ml/models"))["models"][0]["aliases"][0]["revision"] == 3


async def test_a_version_is_loaded_by_an_admin_only(running, post, admin, operator):
    running.requester.answer = request_pb2.ModelReply(promoted=promoted("a" * 64), message="Loaded.")
    body = {"model_version": "aaaaaaaa"}
    await post("/ml/models/user_behavior/load", body, 403, operator)
    answer = await post("/ml/models/user_behavior/load", body, headers=admin)

    assert answer["model_name"] == "user_behavior"
    assert running.requester.questions[0].load.model_version == "aaaaaaaa"


@pytest.mark.parametrize("path", ["train", "anomaly_detection/rollback"])
async def test_viewers_change_nothing(running, post, viewer, path):
    await post(f"/ml/models/{path}", {"model_name": "anomaly_detection"}, 403, viewer)

    assert running.requester.questions == []


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("train", {"model_name": "horoscope"}, 422),
        ("train", {"model_name": "user_behavior", "data_source": "elsewhere"}, 422),
        ("horoscope/rollback", {}, 404),
        ("..%2f/rollback", {}, 400),
        ("anomaly_detection/load", {"model_version": "a" * 7}, 422),
        ("anomaly_detection/load", {}, 422),
        ("anomaly_detection/rollback", {"reason": "x" * 501}, 422),
    ],
)
async def test_a_wrong_question_is_not_passed_on(running, post, admin, path, body, status):
    await post(f"/ml/models/{path}", body, status, admin)

    assert running.requester.questions == []


async def test_what_the_auto_retrainer_refuses_is_said(running, post):
    running.requester.answer = Problem(409, "No champion before", "There is none before it.")
    answer = await post("/ml/models/load_prediction/rollback", {}, 409)

    assert (answer["title"], answer["detail"]) == ("No champion before", "There is none before it.")


async def test_the_topic_of_questions_is_the_auto_retrainers(running, post):
    topics = []

    async def ask(topic, question, answer, timeout_s):
        topics.append(topic)
        return request_pb2.ModelReply(promoted=promoted("a" * 64))

    running.gateway._requester.ask = ask
    await post("/ml/models/anomaly_detection/rollback", {})
    assert topics == [MODELS_REQUESTED]
