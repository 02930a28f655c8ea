"""What is too old goes from Redis, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from redis.asyncio import Redis

from resonance_runtime.errors import Unavailable
from resonance_runtime.online.cleaner import KEYS_A_ROUND, OnlineCleaner
from resonance_runtime.online.kinds import FEATURES, PREDICTIONS
from resonance_runtime.online.versions import tombstone, versioned
from tests.support.redis_server import RedisServer

BEFORE_US = 1_700_000_000_000_000


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    """A Redis of the test's own."""
    redis = RedisServer(tmp_path)
    redis.start()
    yield redis
    redis.kill()


def value(end_us: int) -> bytes:
    return versioned(end_us, 7, b"the rest")


async def test_only_what_is_older_goes(server: RedisServer) -> None:
    old = {FEATURES.key(f"u_{i}"): value(BEFORE_US - 1 - i) for i in range(2 * KEYS_A_ROUND)}
    kept = {
        FEATURES.key("u_just"): value(BEFORE_US),
        FEATURES.key("u_new"): value(BEFORE_US + 1),
        FEATURES.key("u_erased"): tombstone(BEFORE_US - 1),
        FEATURES.key("u_broken"): b"short",
        PREDICTIONS.key("u_1"): value(1),
        "something:else": value(1),
    }
    cleaner = OnlineCleaner(server.url, FEATURES)
    async with Redis.from_url(server.url) as redis:
        await redis.mset({**old, **kept})
        dropped = [await cleaner.drop_older(BEFORE_US) for _ in range(2)]
        left = {key.decode() for key in await redis.keys()}
    await cleaner.close()

    assert dropped == [len(old), 0]
    assert left == kept.keys()


async def test_a_redis_that_is_away_is_said(server: RedisServer) -> None:
    cleaner = OnlineCleaner(server.url, FEATURES)
    server.kill()

    with pytest.raises(Unavailable, match="Redis does not answer"):
        await cleaner.drop_older(BEFORE_US)
    await cleaner.close()
