"""The watch for the champion: references, restarts, what is said; and a training that drift starts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from resonance_auto_retrainer.clocks import Clocks
from resonance_auto_retrainer.drift import DriftWatch, Streams
from resonance_auto_retrainer.gathering import Gatherer
from resonance_auto_retrainer.policy import MINUTE_US, Policy
from resonance_auto_retrainer.retrainer import Retrainer
from resonance_auto_retrainer.status import State
from resonance_auto_retrainer.window import Vectors, VectorWindow
from resonance_contracts.features import INDEX, WIDTH
from resonance_contracts.topics import DRIFTS_DETECTED, MODELS_PROMOTED
from resonance_modeling.artifact import ANOMALY_DETECTION, Reference
from resonance_modeling.registry import Registry
from resonance_modeling.testing import MemoryObjectStore
from resonance_runtime.errors import Unavailable
from resonance_runtime.records import Outgoing
from resonance_training.drift.blocks import unpack
from resonance_training.drift.watch import Terms

HOUR_US = 60 * MINUTE_US
PEOPLE = 20
SIZE = INDEX["avg_message_size"]
ERRORS = INDEX["error_rate"]


def hours(first: int, last: int, factor: float = 1.0) -> Vectors:
    """Vectors of some hours: one of every person in five minutes; sizes of messages are `factor` times the usual."""
    ids, users, ends, rows = [], [], [], []
    for hour in range(first, last):
        random = np.random.default_rng(hour)
        for slot in range(12):
            values = random.lognormal(3.0, 0.4, (PEOPLE, WIDTH))
            values[:, ERRORS] = random.beta(2, 60, PEOPLE)
            values[:, SIZE] *= factor
            rows.append(values)
            ends += [hour * HOUR_US + slot * 5 * MINUTE_US + person for person in range(PEOPLE)]
            users += [f"u{person}" for person in range(PEOPLE)]
            ids += [f"v{hour}-{slot}-{person}" for person in range(PEOPLE)]
    return Vectors("live", ids, users, ends, np.concatenate(rows))


def streams_of(*some: Vectors) -> Streams:
    streams = Streams(HOUR_US)
    add(streams, *some)
    return streams


def add(streams: Streams, *some: Vectors) -> None:
    for vectors in some:
        streams.add(vectors.stream, vectors.users, vectors.end_us, vectors.values)


def followed(streams: Streams, reference: Reference | None, version: str = "a" * 64) -> DriftWatch:
    watch = DriftWatch(streams, Terms())
    watch.follow(version, reference)
    return watch


def test_a_reference_has_the_blocks_until_now_a_week_of_them_at_most() -> None:
    streams = streams_of(hours(0, 200))
    reference = DriftWatch(streams, Terms()).reference()
    assert (reference.stream, reference.block_us) == ("live", HOUR_US)
    assert [block.number for block in unpack(reference.blocks, WIDTH)] == list(range(199 - 168, 199))


def test_drift_is_seen_after_the_reference_and_stands() -> None:
    streams = streams_of(hours(0, 72))
    watch = followed(streams, DriftWatch(streams, Terms()).reference())
    add(streams, hours(72, 100))
    assert not watch.look()
    assert watch.said == f"No drift from version {'a' * 12}."
    add(streams, hours(100, 112, factor=1.5))
    assert watch.look()
    assert 103 * HOUR_US <= watch.detected_us <= 110 * HOUR_US
    assert watch.drifted[0].features == (SIZE,)
    assert watch.said.startswith("Drift: level of avg_message_size +")
    assert not watch.look()
    assert watch.drifted


def test_a_model_that_was_learned_before_any_hour_was_over_is_watched_on_the_stream_that_comes_to_be_known() -> None:
    # Records without vectors come too, of a stream that nobody is in.
    nobody = Vectors("live", [], [], [], np.empty((0, WIDTH)))
    streams = streams_of(nobody, replace(hours(0, 2), stream="replay:past"))
    watch = followed(streams, DriftWatch(streams, Terms()).reference())
    watch.look()
    assert watch.said == "What is ordinary is known of 0 of 24 hours; drift is watched from then on."
    add(streams, replace(hours(2, 72), stream="replay:past"))
    watch.look()
    assert (watch.stream, watch.said) == ("replay:past", f"No drift from version {'a' * 12}.")
    assert watch.reference().stream == "replay:past"


def test_a_process_that_reads_the_topics_again_says_the_same_again() -> None:
    streams = streams_of(hours(0, 72))
    reference = DriftWatch(streams, Terms()).reference()
    add(streams, hours(72, 112, factor=1.5))
    slowly = followed(streams_of(hours(0, 72)), reference)
    for hour in range(72, 112):
        add(slowly._streams, hours(hour, hour + 1, factor=1.5))
        slowly.look()
    again = followed(streams, reference)
    again.look()
    assert again.drifted != []
    assert (again.changes, again.detected_us, again.said) == (slowly.changes, slowly.detected_us, slowly.said)


def test_the_reference_after_drift_leaves_out_what_was_before_it() -> None:
    streams = streams_of(hours(0, 72))
    watch = followed(streams, DriftWatch(streams, Terms()).reference())
    add(streams, hours(72, 90), hours(90, 105, factor=2.0))
    watch.look()
    numbers = [block.number for block in unpack(watch.reference().blocks, WIDTH)]
    assert numbers[0] in range(89, 92)
    assert numbers[-1] == 103
    # The next champion's is not a drift from what was before, but learned anew.
    watch.follow("b" * 64, watch.reference())
    watch.look()
    assert watch.drifted == []
    assert watch.said == "What is ordinary is known of 14 of 24 hours; drift is watched from then on."


def test_artifacts_without_a_reference_or_with_one_that_does_not_fit_are_said_to_be_so() -> None:
    streams = streams_of(hours(0, 48))
    good = DriftWatch(streams, Terms()).reference()
    without = followed(streams, None)
    assert not without.look()
    assert without.said == f"Version {'a' * 12} was stored without a reference: drift is watched from the next one on."
    other = followed(streams, good.model_copy(update={"block_us": HOUR_US // 4}))
    assert not other.look()
    assert "has blocks of 15 minutes, not of 60" in other.said
    broken = followed(streams, good.model_copy(update={"blocks": "broken"}))
    assert not broken.look()
    assert "cannot be used, so drift is not watched. Expected packed blocks" in broken.said


def test_what_is_shown_names_features() -> None:
    streams = streams_of(hours(0, 48))
    watch = followed(streams, DriftWatch(streams, Terms()).reference())
    add(streams, hours(48, 60))
    watch.look()
    shown = watch.as_json()
    assert (shown["drifted"], shown["detected_us"], shown["least_effect"]) == (False, None, 0.25)
    assert list(shown["features"]) == [*INDEX, "jointly"]
    assert len(shown["features"]["jointly"]["features"]) == 2


class Shop:
    """A retrainer whose clock is the event time of its vectors."""

    def __init__(self, **policy: int) -> None:
        self.streams = Streams(HOUR_US)
        # Drift is watched in the streams; how much a training learns from is nothing to these tests, but takes time.
        self.gatherer = Gatherer(VectorWindow(2_500, WIDTH), self.streams)
        self.registry = Registry(MemoryObjectStore())
        self.published: list[Outgoing] = []
        self.down = False
        self.now_us = 0
        needs = {"min_vectors": 500, "min_users": 5, "min_span_us": 30 * MINUTE_US, "retrain_every_us": 0}
        self.retrainer = Retrainer(
            self.gatherer,
            self.registry,
            self._publish,
            Policy(**needs | policy),
            promoter="here",
            settle_s=0.0,
            drift=DriftWatch(self.streams, Terms()),
            clocks=Clocks(lambda: self.now_us, lambda: self.now_us / 1e6),
        )

    async def live(self, vectors: Vectors) -> State:
        """Reads vectors, then looks."""
        self.gatherer.window.add(vectors)
        add(self.streams, vectors)
        self.now_us = vectors.end_us[-1]
        await self.retrainer.look()
        return self.retrainer.status.state

    def told(self, topic: Any) -> list[Any]:
        return [outgoing.value for outgoing in self.published if outgoing.topic is topic]

    async def _publish(self, outgoing: Outgoing) -> None:
        if self.down:
            raise Unavailable("No broker answers.")
        self.published.append(outgoing)


@pytest.fixture(scope="module")
def usual() -> Vectors:
    return hours(0, 50)


@pytest.mark.long
async def test_drift_is_told_once_and_starts_a_training_after_the_cooldown(usual: Vectors) -> None:
    shop = Shop(drift_cooldown_us=21 * HOUR_US)
    await shop.live(usual)
    (first,) = shop.told(MODELS_PROMOTED)
    manifest = await shop.registry.manifest(ANOMALY_DETECTION, first.model_version)
    assert manifest.reference is not None
    assert len(unpack(manifest.reference.blocks, WIDTH)) == 47
    await shop.live(hours(50, 60))
    assert shop.told(DRIFTS_DETECTED) == []
    shop.down = True
    await shop.live(hours(60, 69, factor=2.0))
    shop.down = False
    assert shop.retrainer.drift.drifted
    assert await shop.live(hours(69, 70, factor=2.0)) is State.IDLE
    assert "there is drift, but it was promoted only lately" in shop.retrainer.status.reason
    (drift,) = shop.told(DRIFTS_DETECTED)
    assert (drift.model_name, drift.alias, drift.model_version) == (ANOMALY_DETECTION, "champion", first.model_version)
    assert list(drift.changes[0].features) == ["avg_message_size"]
    assert drift.changes[0].low < drift.changes[0].effect < drift.changes[0].high
    await shop.live(hours(70, 72, factor=2.0))
    _, second = shop.told(MODELS_PROMOTED)
    assert second.previous_version == first.model_version
    assert "because of drift in avg_message_size" in second.reason
    assert len(shop.told(DRIFTS_DETECTED)) == 1
    assert shop.retrainer.drift.version == second.model_version


@pytest.mark.long
async def test_without_drift_nothing_is_trained(usual: Vectors) -> None:
    shop = Shop()
    await shop.live(usual)
    assert await shop.live(hours(50, 90)) is State.IDLE
    assert len(shop.told(MODELS_PROMOTED)) == 1
