"""Buckets in a real Redis: what is told, what is answered, and what is kept for how long."""

from __future__ import annotations

import time

import pytest
from redis.asyncio import Redis

from resonance_gateway.limits.ledger import MOST_OWED, SPEND_SHA, Ledger, Spent
from resonance_gateway.limits.limiter import Limits
from resonance_gateway.people.pseudonyms import Pseudonyms

ALICE = Pseudonyms("a key for tests").user("alice")
SECOND = 1_000_000


@pytest.fixture
async def redis(redis_server):
    client = Redis.from_url(redis_server.url)
    yield client
    await client.aclose()


async def test_spent_counts_from_where_the_bucket_was_or_from_when_it_was_spent(redis_server, redis):
    ledger, limits = Ledger(redis_server.url), Limits(1, 100)
    told = [Spent(ALICE, limits, 10e6, 10), Spent(ALICE, limits, 5e6, 5), Spent(ALICE, limits, 40e6, 0)]

    assert await ledger.spend(told) == [10_000_000, pytest.approx(15e6, abs=5e4), 40_000_000]
    await ledger.close()


async def test_keys_end_when_the_bucket_is_full_again(redis_server, redis):
    ledger = Ledger(redis_server.url)
    spent = Spent(ALICE, Limits(1, 100), 10e6, 10)
    await ledger.spend([spent])

    assert 10_000 < await redis.pttl(spent.name) <= 11_000
    await ledger.close()


async def test_what_is_full_needs_no_key(redis_server, redis):
    ledger = Ledger(redis_server.url)
    await ledger.spend([Spent(ALICE, Limits(1, 100), -5e6, 0)])

    assert await redis.keys() == []
    await ledger.close()


async def test_a_clock_that_was_set_back_blocks_for_a_bounded_time(redis_server, redis):
    ledger, limits = Ledger(redis_server.url), Limits(10, 100)
    spent = Spent(ALICE, limits, 0, 0)
    await redis.set(spent.name, f"{int((time.time() + 86_400) * SECOND)}")

    assert await ledger.spend([spent]) == [(1 + MOST_OWED) * limits.fill_us]
    await ledger.close()


@pytest.mark.parametrize("content", ["no number", None])
async def test_what_somebody_else_put_there_is_replaced(redis_server, redis, content):
    ledger = Ledger(redis_server.url)
    spent = Spent(ALICE, Limits(1, 100), 10e6, 10)
    await (redis.lpush(spent.name, "a list") if content is None else redis.set(spent.name, content))

    assert await ledger.spend([spent]) == [10_000_000]
    assert await ledger.spend([spent._replace(ahead_us=0)]) == [pytest.approx(20e6, abs=5e4)]
    await ledger.close()


async def test_many_buckets_go_in_one_round_trip_and_keep_their_order(redis_server, redis):
    ledger, limits = Ledger(redis_server.url), Limits(1, 1e6)
    await redis.script_flush()
    told = [Spent(f"u_{i}", limits, i * 1e6, i) for i in range(1, 601)]

    assert await ledger.spend(told) == [i * SECOND for i in range(1, 601)]
    assert await redis.script_exists(SPEND_SHA) == [True]
    await ledger.close()


async def test_the_slowest_rates_and_largest_bursts_are_shared_too(redis_server, redis):
    ledger = Ledger(redis_server.url)
    told = [Spent("u_a", Limits(1e-9, 1e6), 1e15, 3), Spent("u_b", Limits(1e6, 1e6), 1.0, 1)]

    ahead = await ledger.spend(told)

    assert ahead[0] > 0 and ahead[1] == 1
    await ledger.close()
