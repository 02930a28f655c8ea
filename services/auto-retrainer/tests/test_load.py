"""The load is counted from vectors as it was, learned, exported so that it says the same, and promoted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from resonance_auto_retrainer import load_training
from resonance_auto_retrainer.clocks import Clocks
from resonance_auto_retrainer.companion import LOOK_S, RETRY_S, Companion
from resonance_auto_retrainer.errors import ExportRefused
from resonance_auto_retrainer.gathering import Gatherer
from resonance_auto_retrainer.load_training import train_load
from resonance_auto_retrainer.recipes import LoadRecipe
from resonance_auto_retrainer.window import Vectors, VectorWindow
from resonance_contracts.features import INDEX, WIDTH
from resonance_contracts.topics import TRAININGS_PROGRESSED
from resonance_modeling.artifact import Artifact
from resonance_modeling.errors import InvalidVectors, SignatureMismatch
from resonance_modeling.function import Function
from resonance_modeling.load import LOAD_PREDICTION, SIGNATURE
from resonance_modeling.load_log import LONGEST, MINUTE_US, Load, LoadLog
from resonance_modeling.registry import BUCKET, MANIFEST_FILE, Registry, version_key
from resonance_modeling.testing import MemoryObjectStore
from resonance_runtime.errors import Unavailable
from resonance_runtime.records import Outgoing
from resonance_training.needs import LOAD_MINUTES

pytestmark = pytest.mark.long


def sent(user: str, times_s: NDArray[np.float64], stream: str = "live") -> Vectors:
    """Vectors of messages at some times: one every ten messages, or after a quarter of a second."""
    ends, since, last = [], 0, -1.0
    for i, t in enumerate(times_s.tolist()):
        since += 1
        if since == 10 or t - last >= 0.25:
            ends.append(i)
            since, last = 0, t
    values = np.zeros((len(ends), WIDTH))
    ended = times_s[ends]
    values[:, INDEX["messages_per_minute"]] = np.array(ends) + 1 - np.searchsorted(times_s, ended - 60.0, side="right")
    values[:, INDEX["connection_duration"]] = 5.0
    end_us = [round(t * 1e6) for t in ended.tolist()]
    return Vectors(stream, [f"{user}-{i}" for i in ends], [user] * len(ends), end_us, values)


def count(log: LoadLog, vectors: Vectors) -> None:
    """As the gatherer does."""
    log.add(vectors.stream, vectors.users, vectors.end_us, vectors.values)


def people(many: int, minutes: int, seed: int = 1) -> list[tuple[str, NDArray[np.float64]]]:
    """Times of messages of people whose pace is their own, in sittings, with bursts."""
    random = np.random.default_rng(seed)
    found = []
    for n in range(many):
        pace = random.lognormal(np.log(8.0), 0.8)
        gaps = random.lognormal(np.log(60.0 / pace) - 0.5, 1.0, round(pace * minutes * 1.5))
        gaps[random.random(len(gaps)) < 0.02] += random.exponential(300)
        times = np.cumsum(gaps)
        bursts = np.concatenate([at + np.sort(random.uniform(0, 5, 40)) for at in times[::200]])
        found.append((f"u_{n}", np.sort(np.concatenate([times, bursts]))))
    return [(user, times[times < minutes * 60]) for user, times in found]


def test_messages_are_counted_as_they_were_sent() -> None:
    crowd = people(60, 120)
    log = LoadLog()
    for user, times in crowd:
        count(log, sent(user, times))
    load = log.longest()
    assert load is not None and (load.first_minute, len(load)) == (0, 119)
    true = np.histogram(np.concatenate([times for _, times in crowd]), bins=np.arange(120) * 60.0)[0]
    assert load.counts[:, 0].sum() == pytest.approx(true.sum(), rel=0.02)
    assert np.abs(load.counts[:, 0] - true).mean() < 0.05 * true.mean()
    active = np.sum([np.histogram(times, bins=np.arange(120) * 60.0)[0] > 0 for _, times in crowd], axis=0)
    assert load.counts[:, 1] == pytest.approx(active, abs=2)


def test_repeats_change_nothing_and_the_longest_stream_is_taken() -> None:
    log = LoadLog()
    times = np.arange(0.0, 1800.0, 5.0)
    for _ in range(2):
        count(log, sent("u_a", times))
    count(log, sent("u_a", times[:100], "replay:x"))
    load = log.longest()
    assert load is not None and load.stream == "live" and load.users == 1
    assert load.counts[1:, 0].tolist() == [12.0] * 28
    log.erase("u_a")
    again = log.longest()
    assert again is not None and (again.counts == load.counts).all()


def test_what_is_kept_is_bounded() -> None:
    log = LoadLog()
    for day in range(0, 40):
        count(log, sent(f"u_{day}", np.array([day * 86_400.0 + 1.0, day * 86_400.0 + 100.0])))
        count(log, sent("u_a", np.array([float(day)]), f"replay:{day}"))
    load = log.longest()
    assert load is not None and load.stream == "live" and len(load) <= LONGEST
    assert load.users <= 2


def test_a_clock_that_is_years_off_does_not_make_years_of_minutes() -> None:
    log = LoadLog()
    for seconds in (0.0, 2e9, 5.0, 2e9 + 200.0):
        count(log, sent(f"u_{seconds}", np.array([seconds])))
        assert log.minutes() <= LONGEST
    load = log.longest()
    assert load is not None and load.counts[:, 0].sum() == 1.0


def world(minutes: int, seed: int = 1) -> Load:
    random = np.random.default_rng(seed)
    level = 75.0 * np.exp(0.2 * np.sin(2 * np.pi * np.arange(minutes) / 90))
    counts = np.stack([random.poisson(level * 6), random.poisson(level)], axis=1).astype(np.float64)
    return Load("live", 29_000_000, counts, 1000, 50)


@pytest.fixture(scope="module")
def artifact() -> Artifact:
    return train_load(world(1500), {"t/0": 7})


def test_the_artifact_says_what_it_is_and_what_its_bounds_are_worth(artifact: Artifact) -> None:
    manifest = artifact.manifest
    assert (manifest.model_name, manifest.signature) == (LOAD_PREDICTION, SIGNATURE)
    assert manifest.parity.largest < 1e-4 and set(manifest.parity.by_kind) == {"ordinary", "edge", "adversarial"}
    assert manifest.data_window.last_end_us - manifest.data_window.first_end_us == 1500 * MINUTE_US
    assert all(0.6 < share <= 1 for name, share in manifest.metrics.items() if name.endswith("_within"))
    assert train_load(world(1500), {"t/0": 9}).manifest.model_version == manifest.model_version


def test_what_is_served_is_a_prediction_for_each_row_alone(artifact: Artifact) -> None:
    function = Function.load(artifact, SIGNATURE)
    counts = world(1500, 2).counts
    history = np.stack([counts[i : i + 30] for i in range(40)])
    minute = np.arange(40.0)[:, np.newaxis]
    together = function.infer({"history": history, "minute": minute})
    for name in ("messages", "connections"):
        assert together[name].shape == (40, 3, 3)
        for i in (0, 7, 39):
            single = function.infer({"history": history[i : i + 1], "minute": minute[i : i + 1]})[name]
            assert single == pytest.approx(together[name][i : i + 1], rel=1e-5)
    low, _, high = np.moveaxis(together["messages"], -1, 0)
    assert (low < 450 * 1.3).all() and (high > 450 / 1.3).all()


def test_inputs_of_another_shape_are_refused_with_what_would_be_right(artifact: Artifact) -> None:
    function = Function.load(artifact, SIGNATURE)
    good = {"history": np.zeros((1, 30, 2)), "minute": np.zeros((1, 1))}
    with pytest.raises(InvalidVectors, match=r"Expected history of shape \(-1, 30, 2\).*got \(1, 29, 2\)"):
        function.infer(good | {"history": np.zeros((1, 29, 2))})
    with pytest.raises(InvalidVectors, match="minute must be finite"):
        function.infer(good | {"minute": np.full((1, 1), np.nan)})
    with pytest.raises(InvalidVectors, match="as many rows in history, minute"):
        function.infer(good | {"minute": np.zeros((2, 1))})
    with pytest.raises(InvalidVectors, match="an input minute"):
        function.infer({"history": good["history"]})


def test_an_artifact_of_another_signature_is_refused(artifact: Artifact) -> None:
    other = SIGNATURE.model_copy(update={"outputs": SIGNATURE.outputs[:1]})
    with pytest.raises(SignatureMismatch, match="train a new version"):
        Function.load(artifact, other)
    with pytest.raises(SignatureMismatch, match="another kind of model"):
        Function(artifact.onnx, other)


def test_an_export_that_says_something_else_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    true = load_training.export_load
    monkeypatch.setattr(load_training, "export_load", lambda model: true(replace(model, shifts=model.shifts + 0.01)))
    with pytest.raises(ExportRefused, match="was not stored"):
        train_load(world(500), {})


class Bench:
    """A companion with hand-moved clocks over a registry in memory."""

    def __init__(self, store: MemoryObjectStore | None = None) -> None:
        self.gatherer = Gatherer(VectorWindow(10, WIDTH))
        self.registry = Registry(store or MemoryObjectStore())
        self.published: list[Outgoing] = []
        self.told: list[Outgoing] = []
        self.now_s = 1_000_000.0
        self.broker_down = False
        self.companion = Companion(
            LoadRecipe(self.gatherer), self.registry, self._publish, retrain_every_us=0, promoter="here",
            clocks=Clocks(lambda: round(self.now_s * 1e6), lambda: self.now_s),
        )  # fmt: skip

    async def look(self) -> None:
        await self.companion.look()
        self.now_s += LOOK_S

    async def _publish(self, outgoing: Outgoing) -> None:
        if self.broker_down:
            raise Unavailable("No broker answers.")
        (self.told if outgoing.topic is TRAININGS_PROGRESSED else self.published).append(outgoing)

    def pass_minutes(self, until: int) -> None:
        for n in range(5):
            count(self.gatherer.load, sent(f"u_{n}", np.arange(n, until * 60.0 + 61.0, 20.0)))


async def test_it_waits_for_enough_then_promotes_and_learns_again_when_twice_is_known() -> None:
    bench = Bench()
    await bench.look()
    assert bench.companion.said == f"Gathering minutes of event time: 0 of {LOAD_MINUTES}."
    bench.pass_minutes(LOAD_MINUTES)
    await bench.look()
    (record,) = bench.published
    assert (record.value.model_name, record.value.alias, record.value.revision) == (LOAD_PREDICTION, "champion", 1)
    await bench.look()
    bench.pass_minutes(LOAD_MINUTES + 100)
    await bench.look()
    assert len(bench.published) == 1 and "no training is due" in bench.companion.said
    bench.pass_minutes(2 * LOAD_MINUTES + 10)
    await bench.look()
    assert [record.value.revision for record in bench.published] == [1, 2]
    assert (await bench.registry.get(LOAD_PREDICTION, record.value.model_version)).manifest.signature == SIGNATURE


async def test_a_promotion_that_could_not_be_told_is_told_later_and_after_a_restart_again() -> None:
    store = MemoryObjectStore()
    bench = Bench(store)
    bench.pass_minutes(LOAD_MINUTES)
    bench.broker_down = True
    await bench.look()
    assert bench.companion.said == "No broker answers." and not bench.published
    bench.broker_down = False
    await bench.look()
    assert not bench.published, "it waits before it tries again"
    bench.now_s += RETRY_S
    await bench.look()
    assert len(bench.published) == 1
    later = Bench(store)
    await later.look()
    assert [r.id for r in later.published] == [r.id for r in bench.published]


async def test_a_champion_that_an_older_version_stored_is_replaced() -> None:
    store = MemoryObjectStore()
    bench = Bench(store)
    bench.pass_minutes(LOAD_MINUTES)
    await bench.look()
    (record,) = bench.published
    key = version_key(LOAD_PREDICTION, record.value.model_version, MANIFEST_FILE)
    store.objects[BUCKET, key] = b'{"format":1,"model_name":"load_prediction"}'
    later = Bench(store)
    await later.look()
    assert later.companion.said.startswith("Gathering") and not later.published
    for user, times in people(5, LOAD_MINUTES + 2):
        count(later.gatherer.load, sent(user, times))
    await later.look()
    assert [record.value.revision for record in later.published] == [2]
