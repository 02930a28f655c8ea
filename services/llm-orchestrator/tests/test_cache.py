"""Words that are kept: bounded, for a time, shared, and forgotten with their person."""

from __future__ import annotations

import pytest
from redis.asyncio import Redis

from resonance_llm_orchestrator.brief import Text
from resonance_llm_orchestrator.caching.local import LocalCache
from resonance_llm_orchestrator.caching.shared import OF_USER, PREFIX, SharedCache
from resonance_llm_orchestrator.caching.words import Kept, key_of
from resonance_narration import Language
from resonance_runtime.errors import Unavailable


def kept(title: str = "Поток") -> Kept:
    return Kept({Language.RUSSIAN: Text(title, "Много.", ["Ждите."])}, "openai", "m")


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


async def test_the_least_recently_used_words_go_first() -> None:
    cache = LocalCache(2, 60)
    for key in ("a", "b"):
        await cache.keep(key, kept(key), "u", 0)
    await cache.find("a")
    await cache.keep("c", kept("c"), "u", 0)
    assert [await cache.find(key) is not None for key in "abc"] == [True, False, True]
    assert cache._of_user["u"] == {"a", "c"}


async def test_words_are_kept_for_a_time() -> None:
    clock = Clock()
    cache = LocalCache(2, 60, clock)
    await cache.keep("a", kept(), "", 0)
    clock.now = 59.9
    assert await cache.find("a") == kept()
    clock.now = 60.0
    assert await cache.find("a") is None


async def test_nothing_is_kept_where_nothing_is_to_be_kept() -> None:
    for cache in (LocalCache(0, 60), LocalCache(10, 0)):
        await cache.keep("a", kept(), "u", 0)
        assert await cache.find("a") is None


async def test_replicas_share_and_forget(redis_url: str) -> None:
    redis = Redis.from_url(redis_url)
    await redis.flushall()
    one, other = SharedCache(redis_url, 10, 60), SharedCache(redis_url, 10, 60)
    await one.keep("a", kept(), "u_a", one.moment("u_a"))
    await one.keep("b", kept("b"), "u_b", one.moment("u_b"))
    assert await other.find("a") == kept()
    assert 0 < await redis.ttl(f"{PREFIX}a") <= 60
    for cache in (one, other):
        await cache.forget("u_a")
    assert [await cache.find("a") for cache in (one, other)] == [None, None]
    assert {key.decode() for key in await redis.keys()} == {f"{PREFIX}b", f"{OF_USER}u_b"}
    since = one.moment("u_a")
    await one.forget("u_a")
    await one.keep("a", kept(), "u_a", since)
    assert await other.find("a") is None, "words on their way are not kept of who was forgotten meanwhile"
    for cache in (one, other):
        await cache.close()
    await redis.aclose()


async def test_without_redis_words_are_kept_here_and_forgetting_is_tried_again() -> None:
    cache = SharedCache("redis://127.0.0.1:9/0", 10, 60)
    await cache.keep("a", kept(), "u_a", cache.moment("u_a"))
    assert await cache.find("a") == kept()
    with pytest.raises(Unavailable, match="cannot be forgotten"):
        await cache.forget("u_a")
    assert await cache.find("a") is None
    await cache.close()


def test_a_key_is_of_everything_that_makes_a_question() -> None:
    base = ("t", "t.v1", "devops", ["en", "ru"], {"x": 1}, "u")
    changed = [
        ("t2", "t.v1", "devops", ["en", "ru"], {"x": 1}, "u"),
        ("t", "t.v2", "devops", ["en", "ru"], {"x": 1}, "u"),
        ("t", "t.v1", "support", ["en", "ru"], {"x": 1}, "u"),
        ("t", "t.v1", "devops", ["en"], {"x": 1}, "u"),
        ("t", "t.v1", "devops", ["en", "ru"], {"x": 2}, "u"),
        ("t", "t.v1", "devops", ["en", "ru"], {"x": 1}, "v"),
    ]
    keys = {key_of(*parts) for parts in (base, *changed)}
    assert len(keys) == 7
    assert key_of("t", "t.v1", "devops", ["ru", "en"], {"x": 1}, "u") == key_of(*base)


def test_words_come_back_as_they_were() -> None:
    assert Kept.decode(kept().encode()) == kept()
