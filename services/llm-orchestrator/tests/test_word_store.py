"""The first words of an id are kept, for a week, and nobody else's replace them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from resonance_contracts.pb.resonance.v1 import alert_pb2
from resonance_llm_orchestrator.word_store import FACTS_PREFIX, OF_USER, PREFIX, TTL_S, RedisWordStore
from resonance_runtime.errors import Unavailable


def words(title: str) -> alert_pb2.EnrichedAlert:
    return alert_pb2.EnrichedAlert(alert_id="a", texts=[alert_pb2.AlertText(language="en", title=title)])


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    client = Redis.from_url(redis_url)
    await client.flushall()
    yield client
    await client.aclose()


@pytest.fixture
async def store(redis: Redis, redis_url: str) -> AsyncIterator[RedisWordStore]:
    store = RedisWordStore(redis_url)
    yield store
    await store.close()


async def test_nothing_is_found_before_it_is_kept(store: RedisWordStore) -> None:
    assert await store.find("a/2") is None


async def test_the_first_words_stay(store: RedisWordStore) -> None:
    assert await store.keep("a/2", words("first")) == words("first")
    assert await store.keep("a/2", words("second")) == words("first")
    assert await store.find("a/2") == words("first")
    assert await store.find("b/2") is None


async def test_two_writers_at_once_publish_the_same(store: RedisWordStore) -> None:
    kept = await asyncio.gather(*(store.keep("a/2", words(str(i))) for i in range(20)))
    assert all(one == kept[0] for one in kept)


async def test_words_are_kept_for_as_long_as_explanations(store: RedisWordStore, redis: Redis) -> None:
    await store.keep("a/2", words("first"))
    assert TTL_S - 5 <= await redis.ttl(f"{PREFIX}a/2") <= TTL_S == 604_800


async def test_a_redis_that_is_down_is_said_so() -> None:
    store = RedisWordStore("redis://127.0.0.1:9/0")
    with pytest.raises(Unavailable, match="Redis does not answer"):
        await store.find("a/2")
    with pytest.raises(Unavailable, match="Redis does not answer"):
        await store.keep("a/2", words("first"))
    await store.close()


async def test_what_words_were_made_from_is_known_for_a_while(redis: Redis, redis_url: str) -> None:
    store = RedisWordStore(redis_url, facts_ttl_s=0.2)
    assert await store.facts("a/2") is None
    await store.keep("a/2", words("first"), {"usual": 12.5, "names": {"kind": "поток"}})
    assert await store.facts("a/2") == {"usual": 12.5, "names": {"kind": "поток"}}
    await store.keep("b/2", words("first"))
    assert await store.facts("b/2") is None
    async with asyncio.timeout(5):
        while await store.facts("a/2") is not None:
            await asyncio.sleep(0.02)
    assert await store.find("a/2") == words("first")
    await store.close()


async def test_what_is_about_a_user_can_be_removed(store: RedisWordStore, redis: Redis) -> None:
    for id_, user in (("a/2", "u_a"), ("b/2", "u_a"), ("c/2", "u_b")):
        mine = words("first")
        mine.alert.user_key = user
        await store.keep(id_, mine, {"usual": 1})
    await store.forget("u_a")
    await store.forget("u_nobody")
    assert [await store.find(id_) is None for id_ in ("a/2", "b/2", "c/2")] == [True, True, False]
    assert {key.decode() for key in await redis.keys()} == {f"{PREFIX}c/2", f"{FACTS_PREFIX}c/2", f"{OF_USER}u_b"}
    assert 0 < await redis.ttl(f"{OF_USER}u_b") <= TTL_S
