"""The shell without a broker: what it serves, and what it tells of itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from resonance_auto_retrainer import service as service_module
from resonance_auto_retrainer.policy import Champion
from resonance_auto_retrainer.service import Retraining, build
from resonance_auto_retrainer.settings import RetrainerSettings
from resonance_auto_retrainer.status import State
from resonance_auto_retrainer.training_routes import TrainingRoutes
from resonance_auto_retrainer.trainings import Trainings
from resonance_contracts.features import CATALOGUE_VERSION
from resonance_contracts.topics import Service
from resonance_runtime.records import Outgoing
from resonance_runtime.service import Runtime
from resonance_runtime.settings import load
from tests.support.waiting import eventually


@pytest.fixture
async def service() -> AsyncIterator[Runtime[RetrainerSettings]]:
    """A service that never connects; what it opened is closed again."""
    settings = load(RetrainerSettings, {"RESONANCE_TRAIN_MIN_VECTORS": "700"})
    runtime = Runtime(Service.AUTO_RETRAINER, settings)
    yield runtime
    await runtime.cancel_tasks()
    await runtime.publisher.stop()


@pytest.fixture
async def part(service: Runtime[RetrainerSettings]) -> AsyncIterator[Retraining]:
    retraining, *others = build(service)
    assert isinstance(retraining, Retraining)
    yield retraining
    for component in (*others, retraining):
        await component.stop()


async def test_get_train_shows_the_status_before_anything_was_read(
    service: Runtime[RetrainerSettings], part: Retraining
) -> None:
    app = web.Application()
    app.add_routes(service.routes)
    async with TestClient(TestServer(app)) as client:
        answer = await client.get("/train")
        body = await answer.json()
    assert answer.status == 200
    assert (body["state"], body["vectors"], body["needed"]["vectors"]) == ("starting", 0, 700)
    assert (body["trial"]["stage"], body["trial"]["said"]) == ("empty", "The aliases are being read.")


async def test_health_says_what_is_waited_for_until_there_is_a_current_champion(
    service: Runtime[RetrainerSettings], part: Retraining
) -> None:
    status = part._retrainer.status
    status.set(State.GATHERING, "Gathering vectors: 1 of 700.")
    part._report()
    assert service.health.degradations() == {"training": "Gathering vectors: 1 of 700."}
    assert service.health.details["training"] == "gathering"
    assert service.health.details["trial"] == "The aliases are being read."

    status.champion = Champion("f" * 64, "0", 0, 0)
    part._report()
    assert "training" in service.health.degradations()

    status.champion = Champion("f" * 64, CATALOGUE_VERSION, 0, 0)
    part._report()
    assert service.health.degradations() == {}
    assert service.health.details["model_version"] == "f" * 64

    status.set(State.REFUSED, "The export was refused.")
    part._report()
    assert service.health.degradations() == {"training": "The export was refused."}


async def test_stops_though_nothing_was_ever_read(part: Retraining) -> None:
    part._begin_looking()
    await part.stop()
    assert all(looks.done() for looks in part._looks)
    assert part._retrainer.status.state is State.STARTING


async def test_drift_is_watched_for_while_another_model_is_trained(
    part: Retraining, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks, trained = 0, asyncio.Event()

    async def look() -> None:
        nonlocal looks
        looks += 1

    monkeypatch.setattr(service_module, "LOOK_S", 0.01)
    monkeypatch.setattr(part._retrainer, "look", look)
    for companion in part._companions.values():
        monkeypatch.setattr(companion, "look", trained.wait)
    for reader in (part._erasures, part._reader):
        reader.caught_up.set()
    part._begin_looking()
    await eventually(lambda: looks > 3)
    trained.set()


async def test_the_model_that_finds_incidents_is_trained_before_others_are(
    part: Retraining, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[State] = []

    async def look() -> None:
        looked.append(part._retrainer.status.state)

    for companion in part._companions.values():
        monkeypatch.setattr(companion, "look", look)
    for state in (State.SETTLING, State.TRAINING, State.IDLE):
        part._retrainer.status.set(state, "So it is.")
        await part._look_at_companions()
    assert looked == [State.IDLE] * len(part._companions)


async def asked(client: TestClient[Any, Any], body: object) -> tuple[int, dict[str, Any], str]:
    given: dict[str, Any] = {"data": body} if isinstance(body, bytes) else {"json": body}
    answer = await client.post("/train", **given)
    return answer.status, await answer.json(), answer.content_type


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        ({"model_name": "anomaly_detection"}, 409, "vectors: 0 of 700"),
        ({"model_name": "load_prediction"}, 409, "minutes of event time: 0 of 360"),
        ({"model_name": "user_behavior"}, 409, "users with 20 vectors or more: 0 of 50"),
        ({"model_name": "weather"}, 404, "no model 'weather': there is"),
        ({"model_name": "anomaly_detection", "data_source": "a_file"}, 422, "data_source: Input should be"),
        ({}, 422, "model_name: Field required. Send"),
        (b"{", 422, "the body: Invalid JSON"),
        (b" " * 20_000, 413, "Expected 1 to 10000 bytes"),
    ],
)  # fmt: skip
async def test_what_cannot_be_trained_is_refused_with_a_sentence(
    service: Runtime[RetrainerSettings], part: Retraining, body: object, status: int, reason: str
) -> None:
    app = web.Application()
    app.add_routes(service.routes)
    async with TestClient(TestServer(app)) as client:
        found, problem, content_type = await asked(client, body)
        unknown = await client.get("/train/nobody")
        missing = await unknown.json()
    assert (found, content_type, problem["status"]) == (status, "application/problem+json", status)
    assert reason in problem["detail"]
    assert unknown.status == 404 and "GET /train lists the newest" in missing["detail"]


async def test_a_training_is_asked_for_shown_and_listed() -> None:
    told: list[Outgoing] = []

    async def publish(outgoing: Outgoing) -> None:
        told.append(outgoing)

    trainings = Trainings(publish)
    trainings.offer("anomaly_detection", lambda: "")
    app = web.Application()
    app.add_routes(TrainingRoutes(trainings).routes())
    body = {"model_name": "anomaly_detection", "data_source": "recent_features", "auto_deploy": False}
    async with TestClient(TestServer(app)) as client:
        answer = await client.post("/train", json=body, headers={"Idempotency-Key": "mine"})
        again = await client.post("/train", json=body, headers={"Idempotency-Key": "mine"})
        status, problem, _ = await asked(client, body)
        shown = await client.get(answer.headers["Location"])
        seen, first, second = await shown.json(), await answer.json(), await again.json()
    assert answer.status == again.status == 202
    assert first == second == {"training_id": "mine", "see": "/train/mine"}
    assert (status, problem["detail"][:55]) == (409, "A training of anomaly_detection is under way already, m")
    assert (seen["training_id"], seen["state"], seen["auto_deploy"], seen["progress"]) == (
        "mine",
        "waiting",
        False,
        0.0,
    )
    assert TrainingRoutes(trainings).shown() == [seen]
    assert len(told) == 1
