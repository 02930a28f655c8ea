"""The shell without a broker: what it serves, and what it tells of itself."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from resonance_auto_retrainer.policy import Champion
from resonance_auto_retrainer.service import Retraining, build
from resonance_auto_retrainer.settings import RetrainerSettings
from resonance_auto_retrainer.status import State
from resonance_contracts.features import CATALOGUE_VERSION
from resonance_contracts.topics import Service
from resonance_runtime.service import Runtime
from resonance_runtime.settings import load


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
    retraining = build(service)[0]
    assert isinstance(retraining, Retraining)
    yield retraining
    await retraining.stop()


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
    part._looks = [
        part._runtime.spawn("training", part._look()),
        part._runtime.spawn("trials", part._look_at_trials()),
    ]
    await part.stop()
    assert all(looks.done() for looks in part._looks)
    assert part._retrainer.status.state is State.STARTING
