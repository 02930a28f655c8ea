"""What feature-extractor and predictor computed last for each user is in Redis, and the same as on Kafka."""

from __future__ import annotations

import asyncio
import json
import time
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from resonance_contracts.pb.resonance.v1 import activity_pb2, detection_pb2, features_pb2, online_pb2
from resonance_contracts.shards import partition_of
from resonance_contracts.topics import ACTIVITY_OBSERVED, FEATURES_COMPUTED, PREDICTIONS_SCORED, Service
from resonance_local.stack import Stack
from resonance_runtime.online.kinds import FEATURES, PREDICTIONS
from resonance_runtime.online.reader import OnlineReader
from resonance_runtime.publisher import Publisher
from resonance_runtime.records import Outgoing
from resonance_runtime.settings import OnlineSettings, RuntimeSettings, load
from tests.support.addresses import external
from tests.support.topic_scan import scan

pytestmark = pytest.mark.embedded

DEADLINE_S = 120
SECOND = 1_000_000
MESSAGES = 25


class Settings(RuntimeSettings, OnlineSettings):
    """Where broker and Redis are."""


@pytest.fixture
def stack() -> Iterator[Stack]:
    """Both services on parts."""
    stack = Stack(lambda sentence: None, external=external(), services=(Service.FEATURE_EXTRACTOR, Service.PREDICTOR))
    try:
        stack.start()
        yield stack
    finally:
        stack.stop()


def activity(user: str, stream: str, begin_us: int) -> activity_pb2.ActivityBatch:
    """A few seconds of one user: a login, and messages."""
    count = MESSAGES + 1
    return activity_pb2.ActivityBatch(
        stream=stream,
        clock=activity_pb2.CLOCK_KIND_GATEWAY,
        watermark_us=begin_us + 10 * SECOND,
        origin="gateway-1",
        strings=["", user, f"c_{stream}_{user}", "room", "a_1", "t_1"],
        user=[1] * count,
        source=[2] * count,
        sequence=range(1, count + 1),
        time_us=[begin_us + n * 100_000 for n in range(count)],
        kind=[activity_pb2.ACTIVITY_KIND_LOGIN, *[activity_pb2.ACTIVITY_KIND_MESSAGE] * MESSAGES],
        size=[100] * count,
        channel=[3] * count,
        address=[4] * count,
        token=[5] * count,
        error=[False] * count,
        received_us=[begin_us + n * 100_000 for n in range(count)],
    )


async def send(settings: Settings, users: list[str], stream: str, begin_us: int) -> None:
    publisher = Publisher(Service.GATEWAY, settings)
    await publisher.start()
    try:
        partitions = await publisher.partitions(ACTIVITY_OBSERVED.name)
        for user in users:
            batch, id_ = activity(user, stream, begin_us), f"{stream}/{user}"
            await publisher.send(
                Outgoing(ACTIVITY_OBSERVED, batch, id_, begin_us, partition=partition_of(user, partitions))
            )
    finally:
        await publisher.stop()


async def newest_on_kafka(settings: Settings, users: list[str]) -> tuple[dict[str, str], dict[str, str]]:
    """Id of the newest live vector of each user, and of the vector of the newest prediction."""
    seen = await scan(settings.kafka_bootstrap, [FEATURES_COMPUTED, PREDICTIONS_SCORED])
    vectors: dict[str, tuple[int, str]] = {}
    for record in seen[FEATURES_COMPUTED.name]:
        batch: features_pb2.VectorBatch = record.message
        if batch.stream == "live":
            for user, ordinal, id_ in zip(batch.user_key, batch.ordinal, batch.vector_id, strict=True):
                vectors[user] = max(vectors.get(user, (0, "")), (ordinal, id_))
    predictions: dict[str, tuple[int, str]] = {}
    for record in seen[PREDICTIONS_SCORED.name]:
        scored: detection_pb2.PredictionBatch = record.message
        if scored.stream == "live":
            for user, end_us, id_ in zip(scored.user_key, scored.end_us, scored.vector_id, strict=True):
                predictions[user] = max(predictions.get(user, (0, "")), (end_us, id_))
    return {u: vectors[u][1] for u in users if u in vectors}, {u: predictions[u][1] for u in users if u in predictions}


async def newest_online(reader: OnlineReader[Any], users: list[str]) -> dict[str, Any]:
    found = {user: await reader.newest(user) for user in users}
    return {user: value for user, value in found.items() if value is not None}


async def test_the_newest_vector_and_prediction_of_each_user_are_online(stack: Stack) -> None:
    settings = load(Settings, stack.environment)
    assert settings.redis_url is not None
    features, predictions = OnlineReader(settings.redis_url, FEATURES), OnlineReader(settings.redis_url, PREDICTIONS)
    now_us = time.time_ns() // 1000
    users = [f"u_{now_us}{n:010d}" for n in range(20)]
    await send(settings, users, f"replay:{now_us}", now_us + 3600 * SECOND)
    await send(settings, users, "live", now_us)
    try:
        async with asyncio.timeout(DEADLINE_S):
            while True:
                expected = await newest_on_kafka(settings, users)
                vectors, scored = await newest_online(features, users), await newest_online(predictions, users)
                online = {u: v.vector_id for u, v in vectors.items()}, {u: v.vector_id for u, v in scored.items()}
                if all(len(ids) == len(users) for ids in expected) and online == expected:
                    break
                await asyncio.sleep(0.2)
    finally:
        await features.close()
        await predictions.close()
    one: online_pb2.OnlineVector = vectors[users[0]]
    assert (one.end_us, one.user_key) == (now_us + MESSAGES * 100_000, users[0])
    assert len(one.values) > 0 and scored[users[0]].end_us == one.end_us
    for service, kind in ((Service.FEATURE_EXTRACTOR, "features"), (Service.PREDICTOR, "predictions")):
        with urllib.request.urlopen(f"{stack.url(service)}/health", timeout=5) as answer:  # noqa: S310  # loopback
            assert json.load(answer)["details"][f"online {kind}"] == "kept in Redis for 86400 s"
