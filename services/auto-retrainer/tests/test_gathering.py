"""Records into the window."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations
from typing import Any

import pytest

from resonance_auto_retrainer.gathering import Gatherer
from resonance_auto_retrainer.window import Vectors, VectorWindow
from resonance_contracts.features import CATALOGUE_VERSION, WIDTH
from resonance_contracts.pb.resonance.v1.detection_pb2 import Alert, Anomaly
from resonance_contracts.pb.resonance.v1.features_pb2 import VectorBatch
from resonance_contracts.pb.resonance.v1.operations_pb2 import FeedbackGiven
from resonance_contracts.pb.resonance.v1.people_pb2 import UserErased
from resonance_contracts.topics import ANOMALIES_DETECTED, FEATURES_COMPUTED, FEEDBACK_GIVEN
from resonance_runtime.errors import Reject
from resonance_runtime.records import Record

Make = Callable[..., Vectors]


def batch_of(vectors: Vectors, **changes: Any) -> VectorBatch:
    fields: dict[str, Any] = {
        "stream": vectors.stream,
        "catalogue_version": CATALOGUE_VERSION,
        "width": WIDTH,
        "vector_id": vectors.ids,
        "user_key": vectors.users,
        "end_us": vectors.end_us,
        "values": vectors.values.ravel().tolist(),
    } | changes
    return VectorBatch(**fields)


def record(value: VectorBatch | Anomaly, offset: int = 0, partition: int = 0) -> Record[Any]:
    topic = FEATURES_COMPUTED if isinstance(value, VectorBatch) else ANOMALIES_DETECTED
    return Record(topic, partition, offset, "id", 0, None, value, {})


async def test_takes_vectors_and_flags_and_knows_how_far_it_read(make_vectors: Make) -> None:
    gatherer, vectors = Gatherer(VectorWindow(100, WIDTH)), make_vectors(20)
    flag = Anomaly(vector_id=vectors.ids[3], end_us=vectors.end_us[3])
    await gatherer.handle([record(flag, 4, 1), record(batch_of(vectors), 8)])
    await gatherer.handle([record(flag, 5, 1), record(batch_of(vectors), 9)])
    contents = gatherer.window.contents()
    assert (contents.vectors, contents.flagged) == (19, 1)
    assert gatherer.offsets == {f"{ANOMALIES_DETECTED.name}/1": 6, f"{FEATURES_COMPUTED.name}/0": 10}


async def test_a_batch_that_carries_only_a_watermark_adds_nothing(make_vectors: Make) -> None:
    gatherer = Gatherer(VectorWindow(100, WIDTH))
    await gatherer.handle([record(batch_of(make_vectors(0)), 6)])
    assert gatherer.window.admitted == 0
    assert gatherer.offsets == {f"{FEATURES_COMPUTED.name}/0": 7}


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"catalogue_version": "0"}, "Expected vectors of catalogue"),
        ({"width": 12}, "with 12"),
        ({"values": [1.0]}, "but got 1 in all"),
        ({"user_key": ["u"]}, "for 4 vector ids"),
        ({"values": [float("nan")] * 4 * WIDTH}, "must be finite"),
    ],
)
async def test_rejects_batches_that_do_not_fit(make_vectors: Make, changes: dict[str, Any], why: str) -> None:
    gatherer = Gatherer(VectorWindow(100, WIDTH))
    with pytest.raises(Reject, match=why):
        await gatherer.handle([record(batch_of(make_vectors(4), **changes))])
    assert gatherer.window.admitted == 0
    assert not gatherer.offsets


async def test_vectors_of_an_erased_user_are_not_trained_on_in_whatever_order_they_are_read(make_vectors: Make) -> None:
    vectors = make_vectors(20)
    user, at_us = vectors.users[3], 1_000_000_000
    erased = UserErased(user_key=user, erased_us=at_us)
    before = batch_of(vectors, last_received_us=[at_us] * 20)
    later = batch_of(vectors, vector_id=[f"later-{id_}" for id_ in vectors.ids], last_received_us=[2 * at_us] * 20)
    mine = sum(one == user for one in vectors.users)
    for erasure_first in (False, True):
        gatherer = Gatherer(VectorWindow(100, WIDTH))
        if erasure_first:
            gatherer.erasures.take(erased)
        await gatherer.handle([record(before)])
        gatherer.erasures.take(erased)
        assert gatherer.window.contents().vectors == 20 - mine
        await gatherer.handle([record(before), record(later)])
        assert gatherer.window.contents().vectors == 20 - mine + 20


async def test_verdicts_reach_the_window_in_whatever_order_they_are_read(make_vectors: Make) -> None:
    vectors = make_vectors(20, users=4)
    flags = [
        Anomaly(vector_id=vectors.ids[i], end_us=vectors.end_us[i], user_key=vectors.users[i], alert_ids=["al_1"])
        for i in (3, 7)
    ]
    alert = Alert(alert_id="al_1", user_key=vectors.users[3], stream="live", opened_us=vectors.end_us[3])
    given = FeedbackGiven(alert_id="al_1", user_key=alert.user_key, given_us=5, alert=alert)
    true = FeedbackGiven(alert_id="al_1", user_key=alert.user_key, given_us=6, true_alarm=True, alert=alert)
    said = Record(FEEDBACK_GIVEN, 0, 0, "id", 0, None, given, {})
    said_later = Record(FEEDBACK_GIVEN, 0, 1, "id", 0, None, true, {})
    records = [record(batch_of(vectors)), *map(record, flags), said]
    for order in permutations(records):
        gatherer = Gatherer(VectorWindow(100, WIDTH))
        await gatherer.handle(order)
        assert gatherer.window.contents().vectors == 20
        assert gatherer.window.training_set().called.sum() == 2
        await gatherer.handle([said_later, said])
        kept = gatherer.window.contents().vectors
        ends = zip(vectors.users, vectors.end_us, strict=True)
        assert kept == sum(user != alert.user_key or end_us > vectors.end_us[7] for user, end_us in ends)


async def test_what_was_said_of_an_erased_user_is_not_taken(make_vectors: Make) -> None:
    vectors, gatherer = make_vectors(4, users=1), Gatherer(VectorWindow(100, WIDTH))
    gatherer.erasures.take(UserErased(user_key="u_0", erased_us=10))
    alert = Alert(alert_id="al_1", user_key="u_0", stream="live", opened_us=0, last_seen_us=10**12, last_received_us=9)
    true = FeedbackGiven(alert_id="al_1", user_key="u_0", given_us=6, true_alarm=True, alert=alert)
    later = batch_of(vectors, last_received_us=[10**9] * 4)
    await gatherer.handle([Record(FEEDBACK_GIVEN, 0, 0, "id", 0, None, true, {}), record(later)])
    assert gatherer.window.contents().vectors == 4
