"""The retrainer's looks, over a registry in memory: what it waits for, promotes, and makes good after a crash."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import pytest

from resonance_auto_retrainer import retrainer
from resonance_auto_retrainer.clocks import Clocks
from resonance_auto_retrainer.errors import TooLittle
from resonance_auto_retrainer.export import forest
from resonance_auto_retrainer.gathering import Gatherer
from resonance_auto_retrainer.learning import learn_again
from resonance_auto_retrainer.policy import MINUTE_US, Policy
from resonance_auto_retrainer.retrainer import Retrainer
from resonance_auto_retrainer.status import State
from resonance_auto_retrainer.trainings import Trainings
from resonance_auto_retrainer.window import Vectors, VectorWindow
from resonance_contracts.features import CATALOGUE_VERSION, WIDTH
from resonance_contracts.topics import MODELS_PROMOTED, TRAININGS_PROGRESSED
from resonance_modeling.alias import AliasChange
from resonance_modeling.artifact import ANOMALY_DETECTION
from resonance_modeling.registry import BUCKET, MANIFEST_FILE, Registry, alias_key, version_key
from resonance_modeling.testing import MemoryObjectStore
from resonance_runtime import metrics
from resonance_runtime.errors import Unavailable
from resonance_runtime.records import Outgoing

pytestmark = pytest.mark.long

Make = Callable[..., Vectors]
# For machines that do other things at the same time.
BUSY = 2.0


class Bench:
    """A retrainer with hand-moved clocks, and all that it published."""

    def __init__(self, store: MemoryObjectStore | None = None, search_s: float = 0.0, **policy: int) -> None:
        self.store = store or MemoryObjectStore()
        self.registry = Registry(self.store)
        self.window = VectorWindow(10_000, WIDTH)
        self.now_s = 1_000_000.0
        self.published: list[Outgoing] = []
        self.told: list[Outgoing] = []
        self.broker_down = False
        needs = {"min_vectors": 500, "min_users": 5, "min_span_us": 30 * MINUTE_US, "retrain_every_us": 0}
        self.policy = Policy(**needs | policy)
        clocks = Clocks(lambda: round(self.now_s * 1e6), lambda: self.now_s)
        self.trainings = Trainings(self._publish, clocks)
        self.retrainer = Retrainer(
            Gatherer(self.window),
            self.registry,
            self._publish,
            self.policy,
            promoter="here",
            settle_s=1.0,
            clocks=clocks,
            trainings=self.trainings,
            search_s=search_s,
        )

    async def look(self, times: int = 1) -> State:
        """Looks, two seconds apart; gives back the state after the last one."""
        for _ in range(times):
            await self.retrainer.look()
            self.now_s += 2
        return self.retrainer.status.state

    async def champion(self) -> AliasChange:
        state = await self.registry.alias(ANOMALY_DETECTION, "champion")
        assert state is not None
        return state.change

    async def _publish(self, outgoing: Outgoing) -> None:
        if self.broker_down:
            raise Unavailable("No broker answers.")
        (self.told if outgoing.topic is TRAININGS_PROGRESSED else self.published).append(outgoing)


async def test_gathers_settles_trains_promotes_and_rests(make_vectors: Make) -> None:
    bench = Bench()
    assert await bench.look() is State.GATHERING
    assert bench.retrainer.status.reason == (
        "Gathering vectors: 0 of 500, users: 0 of 5, minutes of event time: 0 of 30."
    )
    bench.window.add(make_vectors(600))
    assert await bench.look() is State.SETTLING
    assert not bench.store.objects
    assert await bench.look() is State.IDLE
    change = await bench.champion()
    assert (change.revision, change.previous_version, change.promoter) == (1, "", "here")
    assert metrics.RETRAINER_CHAMPION_SINCE._value.get() == change.changed_us / 1e6
    last = bench.retrainer.status.last
    assert last is not None
    assert (last.outcome, last.model_version) == ("promoted", change.model_version)
    assert await bench.look(3) is State.IDLE
    assert len(bench.published) == 1
    assert (await bench.champion()) == change


async def test_tells_of_the_promotion_with_the_facts_of_the_registry(make_vectors: Make) -> None:
    bench = Bench()
    bench.window.add(make_vectors(600))
    await bench.look(2)
    (outgoing,), change = bench.published, await bench.champion()
    told = outgoing.value
    assert outgoing.topic is MODELS_PROMOTED
    assert (outgoing.id, outgoing.key) == ("anomaly_detection/champion/1", b"anomaly_detection/champion")
    assert outgoing.time_us == told.promoted_us == change.changed_us
    assert (told.model_name, told.alias, told.revision) == (ANOMALY_DETECTION, "champion", 1)
    assert (told.model_version, told.previous_version) == (change.model_version, "")
    assert told.catalogue_version == CATALOGUE_VERSION
    stored = bench.store.objects[told.manifest.bucket, told.manifest.key]
    assert (len(stored), told.manifest.sha256) == (told.manifest.size, change.manifest.sha256)


async def test_late_flags_are_left_out(make_vectors: Make) -> None:
    bench, vectors = Bench(), make_vectors(600)
    bench.window.add(vectors)
    await bench.look()
    bench.window.flag([(vectors.end_us[0], vectors.ids[0])])
    await bench.look()
    artifact = await bench.registry.get(ANOMALY_DETECTION, (await bench.champion()).model_version)
    assert (artifact.manifest.data_window.vectors, artifact.manifest.data_window.flagged) == (599, 1)


async def test_flags_that_leave_too_few_start_the_gathering_anew(make_vectors: Make) -> None:
    bench, vectors = Bench(), make_vectors(500)
    bench.window.add(vectors)
    assert await bench.look() is State.SETTLING
    bench.window.flag([(vectors.end_us[0], vectors.ids[0])])
    assert await bench.look() is State.GATHERING
    assert "vectors: 499 of 500" in bench.retrainer.status.reason


async def test_a_crash_between_swap_and_telling_is_made_good_by_the_next_process(make_vectors: Make) -> None:
    bench = Bench()
    bench.window.add(make_vectors(600))
    await bench.look()
    bench.broker_down = True
    assert await bench.look() is State.FAILED
    change = await bench.champion()
    assert not bench.published

    restarted = Bench(bench.store)
    await restarted.retrainer.recover()
    assert restarted.retrainer.status.champion is not None
    assert restarted.retrainer.status.champion.version == change.model_version
    assert await restarted.look(3) is State.IDLE
    (told,) = restarted.published
    assert told.id == "anomaly_detection/champion/1"

    again = Bench(bench.store)
    await again.retrainer.recover()
    assert again.published == restarted.published


async def test_after_a_failure_it_waits_then_tells_without_training_again(
    make_vectors: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = Bench()
    bench.window.add(make_vectors(600))
    await bench.look()
    bench.broker_down = True
    await bench.look()
    bench.broker_down = False
    monkeypatch.setattr(retrainer, "_train_in_thread", None)
    assert await bench.look(2) is State.FAILED
    assert not bench.published
    assert await bench.look(2) is State.IDLE
    assert [o.id for o in bench.published] == ["anomaly_detection/champion/1"]
    assert (await bench.champion()).revision == 1


async def test_a_store_that_is_down_is_a_failure_that_passes(make_vectors: Make) -> None:
    class Down(MemoryObjectStore):
        down = True

        async def put_if_absent(self, bucket: str, key: str, data: bytes) -> bool:
            if self.down:
                raise Unavailable("The object store cannot be reached.")
            return await super().put_if_absent(bucket, key, data)

    store = Down()
    bench = Bench(store)
    bench.window.add(make_vectors(600))
    assert await bench.look(2) is State.FAILED
    assert bench.retrainer.status.reason == "The object store cannot be reached."
    store.down = False
    assert await bench.look(5) is State.IDLE
    assert len(bench.published) == 1


async def test_the_loser_of_a_race_takes_the_winner_for_champion(make_vectors: Make) -> None:
    store = MemoryObjectStore()
    one, two = Bench(store), Bench(store)
    one.window.add(make_vectors(600))
    two.window.add(make_vectors(700))
    await one.look()
    await two.look()
    await one.look()
    await two.look()
    last = two.retrainer.status.last
    assert last is not None
    assert last.outcome == "conflict"
    assert await two.look() is State.IDLE
    champion = two.retrainer.status.champion
    assert champion is not None
    assert champion.version == (await one.champion()).model_version
    assert two.published == one.published
    assert len(await one.registry.history(ANOMALY_DETECTION, "champion")) == 1


async def test_a_champion_of_another_catalogue_is_replaced(make_vectors: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench()
    with monkeypatch.context() as patched:
        patched.setattr("resonance_auto_retrainer.training.CATALOGUE_VERSION", "0")
        bench.window.add(make_vectors(600))
        await bench.look(2)
    old = await bench.champion()
    assert old.catalogue_version == "0"
    await bench.look(4)
    new = await bench.champion()
    assert (new.revision, new.previous_version, new.catalogue_version) == (2, old.model_version, CATALOGUE_VERSION)


async def test_a_champion_that_an_older_version_stored_is_replaced(make_vectors: Make) -> None:
    bench = Bench()
    bench.window.add(make_vectors(600))
    await bench.look(2)
    old = await bench.champion()
    key = version_key(ANOMALY_DETECTION, old.model_version, MANIFEST_FILE)
    bench.store.objects[BUCKET, key] = b'{"format":1,"model_name":"anomaly_detection"}'
    later = Bench(bench.store)
    assert await later.look() is State.GATHERING
    assert not later.published
    later.window.add(make_vectors(700))
    await later.look(2)
    new = await later.champion()
    assert (new.revision, new.previous_version) == (2, old.model_version)
    assert [told.value.model_version for told in later.published] == [new.model_version]


async def test_trains_again_on_schedule_when_there_are_new_vectors(make_vectors: Make) -> None:
    bench = Bench(retrain_every_us=10 * MINUTE_US)
    bench.window.add(make_vectors(600))
    await bench.look(3)
    assert bench.retrainer.status.state is State.IDLE
    bench.now_s += 600
    assert await bench.look() is State.GATHERING
    assert "new vectors: 0 of 500" in bench.retrainer.status.reason
    bench.window.add(make_vectors(600, start=600))
    await bench.look(3)
    assert (await bench.champion()).revision == 2
    assert [o.id[-1] for o in bench.published] == ["1", "2"]


async def test_a_refused_export_is_not_stored_and_not_tried_again_at_once(
    make_vectors: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = Bench()
    bench.window.add(make_vectors(600))
    with monkeypatch.context() as patched:
        patched.setattr(forest, "round_down", lambda thresholds: thresholds.astype("float32"))
        assert await bench.look(2) is State.REFUSED
    last = bench.retrainer.status.last
    assert last is not None
    assert last.outcome == "refused"
    assert last.parity is not None
    assert last.parity > 1e-6
    assert not bench.store.objects
    assert await bench.look(5) is State.REFUSED
    bench.window.add(make_vectors(500, start=600))
    assert await bench.look(3) is State.IDLE
    assert len(bench.published) == 1


async def test_a_damaged_alias_stops_promotion_and_says_so(make_vectors: Make) -> None:
    bench = Bench()
    bench.store.objects[BUCKET, alias_key(ANOMALY_DETECTION, "champion")] = b"{}"
    bench.window.add(make_vectors(600))
    assert await bench.look(5) is State.FAILED
    assert "Expected a change of an alias" in bench.retrainer.status.reason
    assert list(bench.store.objects.values()) == [b"{}"]


async def test_the_status_is_json_with_all_that_is_needed(make_vectors: Make) -> None:
    bench = Bench()
    bench.window.add(make_vectors(600))
    await bench.look()
    before = bench.retrainer.status.as_json(bench.policy)
    assert (before["state"], before["vectors"], before["needed"]["vectors"]) == ("settling", 600, 500)
    assert (before["champion"], before["last_result"]) == (None, None)
    await bench.look(2)
    after = bench.retrainer.status.as_json(bench.policy)
    assert after["champion"]["version"] == after["last_result"]["model_version"]
    assert after["last_result"]["metrics"]["holdout_vectors"] > 0
    assert bench.retrainer.status.details()["model_version"] == after["champion"]["version"]


async def test_a_training_that_is_asked_for_is_told_of_and_only_stored_where_that_was_said(make_vectors: Make) -> None:
    bench = Bench()
    bench.window.add(make_vectors(600))
    await bench.look(2)
    champion = await bench.champion()
    bench.window.add(make_vectors(300, start=600))
    training_id = await bench.trainings.request(ANOMALY_DETECTION, auto_deploy=False, by="ann", request_id="r-1")
    assert await bench.look() is State.IDLE
    training = bench.trainings.get(training_id)
    assert training is not None
    assert (training.outcome, training.trigger) == ("stored", "request")
    assert (await bench.champion()) == champion
    stored = await bench.registry.get(ANOMALY_DETECTION, training.model_version)
    assert stored.manifest.data_window.vectors == 900
    assert [told.value.outcome for told in bench.told if told.value.state == "ended"] == ["promoted", "stored"]
    assert await bench.look(2) is State.IDLE
    assert len([told for told in bench.told if told.value.state == "ended"]) == 2


async def test_a_training_that_is_asked_for_goes_into_service_like_any_other(make_vectors: Make) -> None:
    bench = Bench()
    bench.window.add(make_vectors(600))
    await bench.look(2)
    again = await bench.trainings.request(ANOMALY_DETECTION, True, "ann")
    await bench.look()
    bench.window.add(make_vectors(300, start=600))
    other = await bench.trainings.request(ANOMALY_DETECTION, True, "ann")
    await bench.look()
    outcomes = [one.outcome for one in (bench.trainings.get(again), bench.trainings.get(other)) if one is not None]
    assert outcomes == ["unchanged", "promoted"]
    assert (await bench.champion()).revision == 2


async def test_a_training_for_which_there_is_too_little_is_refused_when_asked_for_and_when_its_turn_comes(
    make_vectors: Make,
) -> None:
    bench, vectors = Bench(), make_vectors(500)
    with pytest.raises(TooLittle, match="vectors: 0 of 500"):
        await bench.trainings.request(ANOMALY_DETECTION, True, "ann")
    bench.window.add(vectors)
    training_id = await bench.trainings.request(ANOMALY_DETECTION, True, "ann")
    bench.window.flag([(vectors.end_us[0], vectors.ids[0])])
    await bench.look()
    training = bench.trainings.get(training_id)
    assert training is not None and training.outcome == "refused"
    assert "vectors: 499 of 500" in training.message
    assert not bench.store.objects


async def test_a_store_that_is_down_ends_the_training_as_failed(make_vectors: Make) -> None:
    class Down(MemoryObjectStore):
        async def put_if_absent(self, bucket: str, key: str, data: bytes) -> bool:
            raise Unavailable("The object store cannot be reached.")

    failed = metrics.RETRAINER_RUNS.labels(outcome="failed")
    before = failed._value.get()
    bench = Bench(Down())
    bench.window.add(make_vectors(600))
    await bench.look(2)
    (training,) = bench.trainings.newest()
    assert (training.outcome, training.message) == ("failed", "The object store cannot be reached.")
    assert failed._value.get() == before + 1


async def test_what_it_was_learned_from_is_stored_beside_it_and_gives_the_same_version(make_vectors: Make) -> None:
    bench = Bench()
    bench.window.add(make_vectors(600))
    await bench.look(2)
    version = (await bench.champion()).model_version
    manifest = await bench.registry.manifest(ANOMALY_DETECTION, version)
    snapshot = await bench.registry.snapshot(ANOMALY_DETECTION, version)
    assert learn_again(ANOMALY_DETECTION, snapshot, manifest.parameters).manifest.model_version == version


async def test_the_first_model_is_not_searched_for_and_the_next_one_is(make_vectors: Make) -> None:
    bench = Bench(retrain_every_us=10 * MINUTE_US, search_s=2)
    bench.window.add(make_vectors(3_000, users=30))
    await bench.look(2)
    first = await bench.registry.manifest(ANOMALY_DETECTION, (await bench.champion()).model_version)
    assert "search_trials" not in first.metrics
    bench.now_s += 601
    bench.window.add(make_vectors(1_000, users=30, start=3_000))
    await bench.look(2)
    next_one = await bench.registry.manifest(ANOMALY_DETECTION, (await bench.champion()).model_version)
    assert next_one.metrics["search_trials"] >= 1
    assert "searching" in {told.value.state for told in bench.told}
    triggers = [told.value.trigger for told in bench.told if told.value.state == "ended"]
    assert triggers == ["first", "schedule"]


async def test_the_loop_is_never_held_up_by_a_training(make_vectors: Make) -> None:
    bench = Bench()
    bench.window.add(make_vectors(6_000, users=30))
    await bench.look()
    bench.now_s += 2
    longest, ended = 0.0, asyncio.create_task(bench.look())
    while not ended.done():
        before = time.monotonic()
        await asyncio.sleep(0.01)
        longest = max(longest, time.monotonic() - before)
    assert await ended is State.IDLE
    # A heartbeat is due every second, and a probe waits as long.
    assert longest < 1.0 * BUSY
