"""The retrainer and trials together: what a training leads to, and what goes on meanwhile."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from dataclasses import replace

import pytest

from resonance_auto_retrainer import retrainer as module
from resonance_auto_retrainer.clocks import Clocks
from resonance_auto_retrainer.gathering import Gatherer
from resonance_auto_retrainer.policy import MINUTE_US, Policy
from resonance_auto_retrainer.retrainer import Retrainer
from resonance_auto_retrainer.status import State
from resonance_auto_retrainer.trials.stage import Stage, stage_of
from resonance_auto_retrainer.window import Vectors, VectorWindow
from resonance_contracts.features import WIDTH
from resonance_modeling.artifact import ANOMALY_DETECTION
from resonance_modeling.registry import BUCKET, MANIFEST_FILE, Registry, version_key
from resonance_modeling.testing import MemoryObjectStore
from resonance_runtime.records import Outgoing
from tests.support.trying import TERMS

pytestmark = pytest.mark.long

Make = Callable[..., Vectors]


class Bench:
    """A retrainer that trains every ten minutes, and tries what comes of it."""

    def __init__(self) -> None:
        self.store = MemoryObjectStore()
        self.registry = Registry(self.store)
        self.window = VectorWindow(10_000, WIDTH)
        self.now_s = 1_000_000.0
        self.retrainer = Retrainer(
            Gatherer(self.window),
            self.registry,
            self._publish,
            Policy(500, 5, 30 * MINUTE_US, retrain_every_us=10 * MINUTE_US),
            promoter="here",
            settle_s=0.0,
            terms=replace(TERMS, min_users=1, min_vectors=1),
            clocks=Clocks(lambda: round(self.now_s * 1e6), lambda: self.now_s),
        )

    async def look(self, times: int = 1) -> State:
        for _ in range(times):
            await self.retrainer.look()
            self.now_s += 2
        return self.retrainer.status.state

    @property
    def stage(self) -> Stage:
        return stage_of(self.retrainer.promoter.roles)

    async def _publish(self, outgoing: Outgoing) -> None:
        pass


async def second_trained(make_vectors: Make) -> Bench:
    """The first is champion; another was trained ten minutes later."""
    bench = Bench()
    bench.window.add(make_vectors(1000))
    await bench.look(2)
    bench.now_s += 600
    bench.window.add(make_vectors(600, start=1000))
    await bench.look(2)
    return bench


async def test_what_is_trained_beside_a_champion_goes_on_trial_and_nothing_is_trained_meanwhile(
    make_vectors: Make,
) -> None:
    bench = await second_trained(make_vectors)
    last = bench.retrainer.status.last
    assert last is not None
    assert (last.outcome, bench.stage) == ("trial", Stage.SHADOW)
    champion = bench.retrainer.status.champion
    assert champion is not None
    assert champion.version != last.model_version
    bench.now_s += 6000
    bench.window.add(make_vectors(600, start=1600))
    await bench.retrainer.trials.look()
    assert await bench.look(3) is State.IDLE
    assert bench.retrainer.status.reason.startswith("No other version is trained meanwhile. Version ")
    assert bench.retrainer.status.last == last


async def test_after_a_version_was_taken_back_the_next_one_waits_as_long_as_after_a_promotion(
    make_vectors: Make,
) -> None:
    bench = await second_trained(make_vectors)
    champion = bench.retrainer.status.champion
    assert champion is not None
    bench.now_s += 6000
    await bench.retrainer.promoter.load(champion.version, "ana", "")
    assert bench.stage is Stage.SETTLED
    assert await bench.look() is State.IDLE
    assert bench.retrainer.status.reason.endswith("no training is due.")
    bench.now_s += 600
    assert await bench.look() is State.IDLE
    last = bench.retrainer.status.last
    assert last is not None
    assert "is stored and not tried again by itself. It was taken back: Loaded by hand by ana." in last.message


async def test_a_version_that_is_only_stored_is_followed_by_no_other_of_the_same_vectors(
    make_vectors: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("resonance_auto_retrainer.trials.gates.MOST_RATE", 0.0)
    bench = await second_trained(make_vectors)
    last = bench.retrainer.status.last
    assert last is not None
    assert (last.outcome, bench.stage) == ("stored", Stage.SETTLED)
    bench.now_s += 700
    assert await bench.look(3) is State.IDLE
    assert bench.retrainer.status.last == last
    assert bench.retrainer.status.reason == f"{last.message} Waiting for other vectors to train on."


async def test_an_operator_loads_a_version_while_a_training_is_under_way(
    make_vectors: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = await second_trained(make_vectors)
    first, second = bench.retrainer.status.champion, bench.retrainer.status.last
    assert first is not None and second is not None
    await bench.retrainer.promoter.load(second.model_version, "ana", "")
    bench.now_s += 700
    bench.window.add(make_vectors(600, start=1600))
    begun, go_on, train = threading.Event(), threading.Event(), module._train_in_thread

    def held_up(*some: object) -> object:
        begun.set()
        assert go_on.wait(30)
        return train(*some)

    monkeypatch.setattr(module, "_train_in_thread", held_up)
    looking = asyncio.create_task(bench.retrainer.look())
    assert await asyncio.to_thread(begun.wait, 30)
    change = await asyncio.wait_for(bench.retrainer.promoter.roll_back("ana", "Now."), 1.0)
    assert change.model_version == first.version
    assert not looking.done()
    go_on.set()
    await looking
    await bench.look()
    assert bench.retrainer.status.champion is not None
    assert bench.retrainer.status.champion.version == first.version
    assert bench.stage is Stage.SHADOW, "what was trained meanwhile is tried against the champion that is"


async def test_the_drift_watch_follows_the_champion_again_after_a_rollback(make_vectors: Make) -> None:
    bench = await second_trained(make_vectors)
    first, second = bench.retrainer.status.champion, bench.retrainer.status.last
    assert first is not None and second is not None
    await bench.retrainer.promoter.load(second.model_version, "ana", "")
    await bench.look()
    assert bench.retrainer.drift.version == second.model_version
    await bench.retrainer.promoter.roll_back("ana", "")
    await bench.look()
    assert bench.retrainer.drift.version == first.version


async def test_of_a_champion_of_an_older_version_no_reference_is_left(make_vectors: Make) -> None:
    bench = await second_trained(make_vectors)
    champion = bench.retrainer.status.champion
    assert champion is not None
    assert bench.retrainer.promoter.reference is not None
    key = version_key(ANOMALY_DETECTION, champion.version, MANIFEST_FILE)
    bench.store.objects[BUCKET, key] = b'{"format":1,"model_name":"anomaly_detection"}'
    bench.retrainer.promoter._told.clear()
    bench.retrainer.promoter.forget()
    await bench.retrainer.promoter.recover()
    promoter = bench.retrainer.promoter
    assert (promoter.champion, promoter.window, promoter.reference, promoter.metrics) == (None, None, None, {})
