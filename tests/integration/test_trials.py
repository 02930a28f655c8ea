"""An auto-retrainer that is a process leads a version through its trial, is killed in between, and rolls it back."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientError, ClientSession

from resonance_auto_retrainer.clocks import Clocks
from resonance_auto_retrainer.promoter import Promoter
from resonance_contracts.pb.resonance.v1.detection_pb2 import PredictionBatch, ScorerReference
from resonance_contracts.topics import MODELS_PROMOTED, PREDICTIONS_SCORED, Service
from resonance_local.child import Child
from resonance_local.ports import Ports
from resonance_local.stack import Stack
from resonance_modeling.artifact import ANOMALY_DETECTION, Artifact
from resonance_modeling.registry import Registry
from resonance_modeling.signing_settings import SigningSettings
from resonance_runtime.objects import ObjectStore
from resonance_runtime.publisher import Publisher
from resonance_runtime.records import Outgoing
from resonance_runtime.settings import ObjectStoreSettings, RuntimeSettings, load
from tests.support.ordinary_model import ordinary_model
from tests.support.promoting import promote
from tests.support.recalibrated import recalibrated
from tests.support.topic_scan import scan
from tests.support.trying import challenged, people, strange

pytestmark = [pytest.mark.embedded, pytest.mark.kafka]

DEADLINE_S = 120
TINY = {
    "RESONANCE_TRIAL_SHADOW_MIN": "0.02",
    "RESONANCE_TRIAL_MIN": "0.02",
    "RESONANCE_TRIAL_MAX_MIN": "0.05",
    "RESONANCE_BAKE_MIN": "10",
    "RESONANCE_TRIAL_MIN_USERS": "50",
    "RESONANCE_TRIAL_MIN_VECTORS": "50",
}


class Platform:
    """Broker and store, and what a predictor would say."""

    def __init__(self, stack: Stack) -> None:
        self.environment = stack.environment
        self.signing = {**stack.environment, **stack.signing}
        self.objects = ObjectStore(load(ObjectStoreSettings, stack.environment))
        self.publisher = Publisher(Service.PREDICTOR, load(RuntimeSettings, stack.environment))
        keys = load(SigningSettings, self.signing)
        self.registry = Registry(self.objects, verifier=keys.verifier(), signer=keys.signer())
        self.minute = 0

    async def shadow(self, artifact: Artifact) -> None:
        """Stores a version that is scored beside the champion from now on."""
        manifest = await self.registry.put_artifact(artifact)
        await self.registry.change_alias(
            ANOMALY_DETECTION, "shadow", manifest.model_version,
            seen=await self.registry.alias(ANOMALY_DETECTION, "shadow"),
            changed_us=time.time_ns() // 1000, promoter="test", reason="It is to be tried.",
        )  # fmt: skip

    async def roles(self) -> tuple[str, str, str]:
        """What champion, challenger and shadow name."""
        states = [await self.registry.alias(ANOMALY_DETECTION, a) for a in ("champion", "challenger", "shadow")]
        champion, challenger, shadow = ("" if state is None else state.change.model_version for state in states)
        return champion, challenger, shadow

    async def predicted(self, serving: int, beside: int) -> None:
        """Vectors of a hundred people, of whom so many are found unusual by the champion, and by the shadow."""
        champion, challenger, shadow = await self.roles()
        crowd = people(100)
        self.minute += 1
        batch = PredictionBatch(
            stream="live",
            scorer=ScorerReference(model_name=ANOMALY_DETECTION, model_version=champion),
            vector_id=[f"{champion[:8]}-{self.minute}-{user}" for user in crowd],
            user_key=crowd,
            end_us=[self.minute * 60_000_000 + i for i in range(len(crowd))],
            score=[0.5] * len(crowd),
            tail_probability=strange(serving),
        )
        if challenger:
            batch.challenger.CopyFrom(ScorerReference(model_version=challenger))
            batch.challenged.extend(challenged(user) for user in crowd)
        if shadow:
            batch.shadow.CopyFrom(ScorerReference(model_version=shadow))
            batch.shadow_tail_probability.extend(strange(beside))
        await self.publisher.send(
            Outgoing(PREDICTIONS_SCORED, batch, f"made-{champion[:8]}-{self.minute}", batch.end_us[0], partition=0)
        )


@pytest.fixture
async def platform(parts: Stack) -> AsyncIterator[Platform]:
    found = Platform(parts)
    await found.objects.start()
    await found.publisher.start()
    yield found
    await found.publisher.stop()
    await found.objects.stop()


@contextmanager
def retrainer(environment: Mapping[str, str], folder: Path) -> Iterator[tuple[Child, str]]:
    """One, a process of its own, and where it listens."""
    port = Ports().any()
    settings = {**environment, **TINY, "RESONANCE_HTTP_PORT": str(port), "RESONANCE_INSTANCE": f"retrainer-{port}"}
    child = Child("retrainer", [sys.executable, "-m", "resonance_auto_retrainer"], settings, folder / f"{port}.log")
    child.start()
    try:
        yield child, f"http://127.0.0.1:{port}/train"
    finally:
        child.stop(15)


async def until(url: str, holds: Callable[[dict[str, Any]], bool], child: Child) -> dict[str, Any]:
    """What it shows of the trial when that holds."""
    deadline, shown = time.monotonic() + DEADLINE_S, {}
    async with ClientSession() as http:
        while time.monotonic() < deadline:
            assert child.exit_status is None, child.last_words()
            try:
                async with http.get(url) as answer:
                    shown = json.loads(await answer.text())["trial"]
            except ClientError:
                shown = {}
            if shown and holds(shown):
                return shown
            await asyncio.sleep(0.1)
    raise AssertionError(f"It came to nothing: {shown}; {child.last_words()}")


async def test_a_version_is_tried_promoted_and_rolled_back_though_the_process_is_killed(
    platform: Platform, tmp_path: Path
) -> None:
    old = ordinary_model(1000, 11)
    new = recalibrated(old, 1.01)
    first, second = old.manifest.model_version, new.manifest.model_version
    await promote(old, platform.signing)
    await platform.shadow(new)
    with retrainer(platform.signing, tmp_path) as (child, url):
        await until(url, lambda trial: trial["stage"] == "shadow", child)
        await platform.predicted(2, 2)
        await until(url, lambda trial: trial["stage"] == "ab", child)
        assert await platform.roles() == (first, second, "")
        await platform.predicted(2, 2)
        await until(url, lambda trial: trial["stage"] == "bake", child)
        assert await platform.roles() == (second, "", first)
        await platform.predicted(6, 2)
        seen = await until(url, lambda trial: trial["vectors"] == 100, child)
        assert child.pid is not None
        os.kill(child.pid, signal.SIGKILL)
    with retrainer(platform.signing, tmp_path) as (child, url):
        again = await until(url, lambda trial: trial["vectors"] == 100, child)
        assert {**again, "said": ""} == {**seen, "said": ""}
        await platform.predicted(15, 2)
        ended = await until(url, lambda trial: trial["stage"] == "settled", child)
    assert "was rolled back: 15 users found unusual of 100, the version before finds 2" in ended["said"]
    assert await platform.roles() == (first, "", "")
    records = (await scan(platform.environment["RESONANCE_KAFKA_BOOTSTRAP"], [MODELS_PROMOTED]))[MODELS_PROMOTED.name]
    told = [record.message for record in records if record.message.model_name == ANOMALY_DETECTION]
    champions = [change.model_version for change in told if change.alias == "champion"]
    assert champions[-1] == first
    assert second in champions
    assert [(change.alias, change.model_version, change.share) for change in told if change.share] == [
        ("challenger", second, 0.2)
    ]


async def test_a_rollback_by_hand_takes_less_than_a_second_after_fifty_promotions(platform: Platform) -> None:
    first = ordinary_model(1000, 12)
    models = [first, recalibrated(first, 1.01), recalibrated(first, 1.02)]
    versions = [(await platform.registry.put_artifact(model)).model_version for model in models]
    told: list[Any] = []

    async def publish(outgoing: Outgoing) -> None:
        told.append(outgoing)

    def promoter() -> Promoter:
        return Promoter(ANOMALY_DETECTION, platform.registry, publish, "test", Clocks())

    busy = promoter()
    for version in [*versions[:2] * 24, *versions[1:]]:
        await busy.recover()
        await busy.promote(version, "in turn")
    anew = promoter()
    began = time.monotonic()
    change = await anew.roll_back("ana", "A drill.")
    took_s = time.monotonic() - began
    assert (change.model_version, (await platform.roles())[0]) == (versions[1], versions[1])
    assert told[-1].value.model_version == versions[1]
    assert took_s < 1.0
