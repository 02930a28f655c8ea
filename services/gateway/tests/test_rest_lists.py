"""Lists over a real socket: pages, cleanup, and who sees whom."""

from __future__ import annotations

from math import nan

import pytest

from resonance_contracts.features import WIDTH
from resonance_contracts.pb.resonance.v1 import detection_pb2, features_pb2
from resonance_contracts.topics import ANOMALIES_DETECTED, FEATURES_COMPUTED
from resonance_gateway.news.recent import MAX_AGE_US, Recent
from resonance_gateway.people.pseudonyms import Pseudonyms

KEY = Pseudonyms("a key of pseudonyms for tests, long enough").user("alice")


def anomaly(number, severity=detection_pb2.SEVERITY_HIGH):
    return detection_pb2.Anomaly(
        vector_id=f"v{number:04}",
        user_key=KEY,
        stream="live",
        end_us=number // 2,  # pairs of the same time
        severity=severity,
        values=[0.5] * WIDTH,
        score=nan,
        tail_probability=nan,
    )


def vectors(*numbers):
    return features_pb2.VectorBatch(
        stream="live",
        width=WIDTH,
        vector_id=[f"v{n:04}" for n in numbers],
        user_key=[KEY] * len(numbers),
        start_us=[0] * len(numbers),
        end_us=list(numbers),
        values=[0.5] * (WIDTH * len(numbers)),
    )


@pytest.fixture
def pages(running, operator):
    """All pages of a list, and what `between` does after each."""

    async def read(path, between=lambda: None):
        found, cursor = [], None
        while True:
            query = {} if cursor is None else {"cursor": cursor}
            response = await running.client.get(path, params=query, headers=operator)
            body = await response.json()
            assert response.status == 200, body
            (listed,) = (value for value in body.values() if isinstance(value, list))
            assert body["count"] == len(listed)
            found.append([item["vector_id"] for item in listed])
            cursor = body["next_cursor"]
            if cursor is None:
                return found
            between()

    return read


async def test_pages_hold_everything_once_newest_first(take, pages):
    for number in range(10):
        take(ANOMALIES_DETECTED, anomaly(number))

    assert await pages("/ml/anomalies/recent?limit=4") == [
        ["v0009", "v0008", "v0007", "v0006"],
        ["v0005", "v0004", "v0003", "v0002"],
        ["v0001", "v0000"],
    ]


async def test_a_page_that_ends_with_the_list_is_the_last(take, pages):
    for number in range(4):
        take(ANOMALIES_DETECTED, anomaly(number))

    assert [len(page) for page in await pages("/ml/anomalies/recent?limit=2")] == [2, 2]
    assert await pages("/ml/anomalies/recent?limit=4") == [["v0003", "v0002", "v0001", "v0000"]]


async def test_what_arrives_meanwhile_neither_repeats_nor_skips(take, pages):
    for number in range(100, 110):
        take(FEATURES_COMPUTED, vectors(number))
    coming = iter(range(200, 300))

    def arrive():
        take(FEATURES_COMPUTED, vectors(next(coming), next(coming)))

    found = await pages("/ml/features/recent?limit=3", arrive)

    assert [v for page in found for v in page] == [f"v{n:04}" for n in range(109, 99, -1)]


async def test_what_is_forgotten_meanwhile_leaves_no_hole(start_gateway, operator):
    running = await start_gateway(recent_vectors=6)
    take = running.gateway.newsroom.take
    take(FEATURES_COMPUTED, vectors(*range(1, 7)))

    first = await (await running.client.get("/ml/features/recent?limit=2", headers=operator)).json()
    take(FEATURES_COMPUTED, vectors(7, 8, 9))
    query = {"limit": "10", "cursor": first["next_cursor"]}
    second = await (await running.client.get("/ml/features/recent", params=query, headers=operator)).json()

    assert [v["vector_id"] for v in second["vectors"]] == ["v0004"]
    assert second["next_cursor"] is None


async def test_a_cursor_goes_with_any_filter_and_with_any_gateway(start_gateway, operator):
    one, other = await start_gateway(), await start_gateway()
    for running, numbers in ((one, range(8)), (other, reversed(range(8)))):
        for number in numbers:
            severity = detection_pb2.SEVERITY_LOW if number % 2 else detection_pb2.SEVERITY_HIGH
            running.gateway.newsroom.take(ANOMALIES_DETECTED, anomaly(number, severity))

    path = "/ml/anomalies/recent?min_severity=high"
    first = await (await one.client.get(f"{path}&limit=2", headers=operator)).json()
    second = await (await other.client.get(f"{path}&cursor={first['next_cursor']}", headers=operator)).json()

    assert [a["vector_id"] for a in first["anomalies"] + second["anomalies"]] == ["v0006", "v0004", "v0002", "v0000"]


@pytest.mark.parametrize("cursor", ["nonsense", "!!", "W10", "WzEsMl0", "", "x" * 600, "Ź"])
async def test_a_cursor_of_nobody_is_refused(running, operator, cursor):
    response = await running.client.get("/ml/anomalies/recent", params={"cursor": cursor}, headers=operator)
    body = await response.json()

    assert (response.status, body["type"]) == (400, "/problems/wrong-query")
    assert [error["parameter"] for error in body["errors"]] == ["cursor"]


async def test_viewers_see_pseudonyms_and_operators_people(running, take, viewer, operator):
    running.gateway._directory.learn(KEY, "alice")
    take(ANOMALIES_DETECTED, anomaly(1))
    take(FEATURES_COMPUTED, vectors(1))

    for path, name in (("/ml/anomalies/recent", "anomalies"), ("/ml/features/recent", "vectors")):
        (seen,) = (await (await running.client.get(path, headers=viewer)).json())[name]
        (known,) = (await (await running.client.get(path, headers=operator)).json())[name]
        assert (seen["user_key"], seen["user_id"]) == (KEY, None)
        assert (known["user_key"], known["user_id"]) == (KEY, "alice")


class Time:
    now_us = 1_000_000_000

    def __call__(self):
        return self.now_us


class TestAge:
    def test_vectors_are_forgotten_after_a_day(self):
        time = Time()
        recent = Recent(now_us=time)
        recent.take_vectors(vectors(1))
        time.now_us += MAX_AGE_US + 1
        recent.take_vectors(vectors(2))

        assert [v.vector_id for v in recent.vectors.newest_first()] == ["v0002"]

    def test_the_age_counts_from_the_arrival_not_from_what_a_replay_says(self):
        recent = Recent(now_us=Time())
        recent.take_vectors(vectors(1))

        assert recent.drop_vectors(3_600_000_000) == 0
        assert len(recent.vectors) == 1

    def test_scores_go_with_their_vectors(self):
        time = Time()
        recent = Recent(now_us=time)
        recent.take_scores(
            detection_pb2.PredictionBatch(
                vector_id=["v0001"], user_key=["u"], score=[0.5], tail_probability=[0.5], severity=[0]
            )
        )
        recent.take_vectors(vectors(1))
        time.now_us += 1

        assert recent.score("v0001") is not None
        assert recent.drop_vectors(0) == 1
        assert recent.score("v0001") is None


async def test_cleanup_drops_what_is_older(running, take, operator):
    time = Time()
    running.gateway._recent._now_us = time
    take(FEATURES_COMPUTED, vectors(1, 2, 3))
    time.now_us += 7_200_000_000
    take(FEATURES_COMPUTED, vectors(4))

    none = await (await running.client.delete("/ml/features/cleanup", headers=operator)).json()
    some = await (await running.client.delete("/ml/features/cleanup?max_age_hours=1.5", headers=operator)).json()
    left = await (await running.client.get("/ml/features/recent", headers=operator)).json()

    assert none == {"removed": 0, "kept": 4, "removed_online": None}
    assert some == {"removed": 3, "kept": 1, "removed_online": None}
    assert [v["vector_id"] for v in left["vectors"]] == ["v0004"]


@pytest.mark.parametrize("age", ["-1", "nan", "inf", "soon", "8761"])
async def test_a_wrong_age_is_named(running, operator, age):
    response = await running.client.delete(f"/ml/features/cleanup?max_age_hours={age}", headers=operator)

    assert response.status == 400
    assert (await response.json())["errors"][0]["parameter"] == "max_age_hours"


async def test_cleanup_is_not_for_viewers(running, viewer):
    response = await running.client.delete("/ml/features/cleanup", headers=viewer)

    assert response.status == 403
    assert "`operator`" in (await response.json())["detail"]
