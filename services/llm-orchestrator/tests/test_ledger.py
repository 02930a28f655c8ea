"""Budgets are never overrun, however many requests there are at once and wherever they are counted."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from random import Random

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from redis.asyncio import Redis

from resonance_llm_orchestrator.budgets.ledger import Allowance, Ledger, LocalLedger
from resonance_llm_orchestrator.budgets.money import Price, dollars, nano, worst
from resonance_llm_orchestrator.budgets.redis_ledger import TTL_S, RedisLedger
from resonance_runtime.errors import Unavailable

Ledgers = Callable[[Allowance], Awaitable[list[Ledger]]]


def today() -> str:
    return "2001-01-01"


async def hundred(ledgers: list[Ledger], amounts: list[tuple[int, int]], limit: int) -> tuple[int, int]:
    """A hundred requests at once, none of which costs more than it reserves: what they cost, and how many were let."""
    spent, most, let = 0, 0, 0
    under_way = 0

    async def one(number: int, amount: int, cost: int) -> None:
        nonlocal spent, most, let, under_way
        ledger = ledgers[number % len(ledgers)]
        reservation, told = await ledger.reserve("analyze_logs", amount)
        assert told.day <= limit
        if reservation is None:
            return
        let += 1
        under_way += amount
        most = max(most, spent + under_way)
        await asyncio.sleep(0)
        under_way -= amount
        spent += cost
        await ledger.settle(reservation, cost)

    await asyncio.gather(*(one(number, *pair) for number, pair in enumerate(amounts)))
    assert most <= limit, "what is spent and what may still be is never more than the budget"
    return spent, let


def amounts_of(seed: int) -> list[tuple[int, int]]:
    """A hundred pairs of what is reserved and what it costs."""
    random = Random(seed)
    return [(amount := random.randint(1, 1000), random.randint(0, amount)) for _ in range(100)]


@settings(max_examples=50)
@given(st.integers(0, 2**32), st.integers(0, 30_000))
def test_a_hundred_at_once_never_overrun_a_budget(seed: int, limit: int) -> None:
    ledger: Ledger = LocalLedger(Allowance(limit), today)
    spent, let = asyncio.run(hundred([ledger], amounts_of(seed), limit))
    assert spent <= limit
    assert let > 0 or limit < 1000


@settings(max_examples=10, phases=[Phase.generate], suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 2**32), st.integers(0, 30_000))
def test_nor_do_those_of_three_replicas(redis_url: str, seed: int, limit: int) -> None:
    async def run() -> None:
        redis = Redis.from_url(redis_url)
        await redis.flushall()
        ledgers: list[Ledger] = [RedisLedger(redis_url, Allowance(limit), today) for _ in range(3)]
        spent, _ = await hundred(ledgers, amounts_of(seed), limit)
        assert int(await redis.get("resonance:llm-spent:{2001-01-01}") or 0) == spent <= limit
        for ledger in ledgers:
            await ledger.close()
        await redis.aclose()

    asyncio.run(run())


@pytest.fixture(params=["local", "redis"])
async def ledger_of(request: pytest.FixtureRequest, redis_url: str) -> Callable[..., Ledger]:
    redis = Redis.from_url(redis_url)
    await redis.flushall()
    await redis.aclose()

    def make(allowance: Allowance, day: Callable[[], str] = today) -> Ledger:
        return LocalLedger(allowance, day) if request.param == "local" else RedisLedger(redis_url, allowance, day)

    return make


async def test_a_task_has_a_budget_of_its_own(ledger_of: Callable[..., Ledger]) -> None:
    ledger = ledger_of(Allowance(100, {"analyze_logs": 30}))
    assert (await ledger.reserve("analyze_logs", 31))[0] is None
    first, spent = await ledger.reserve("analyze_logs", 30)
    assert first is not None and (spent.day, spent.task) == (30, 30)
    assert (await ledger.reserve("analyze_logs", 1))[0] is None
    assert (await ledger.reserve("incident_plan", 70))[0] is not None
    assert (await ledger.reserve("incident_plan", 1))[0] is None
    left = await ledger.settle(first, 10)
    assert (left.day, left.task) == (80, 10)
    await ledger.close()


async def test_a_new_day_has_the_whole_budget_and_yesterdays_requests_do_not_add_to_it(
    ledger_of: Callable[..., Ledger],
) -> None:
    day = ["2001-01-01"]
    ledger = ledger_of(Allowance(100), lambda: day[0])
    late, _ = await ledger.reserve("t", 100)
    assert late is not None
    day[0] = "2001-01-02"
    again, spent = await ledger.reserve("t", 60)
    assert again is not None and spent.day == 60
    await ledger.settle(late, 50)
    assert (await ledger.reserve("t", 40))[0] is not None
    await ledger.close()


async def test_without_a_limit_all_is_let_and_counted(ledger_of: Callable[..., Ledger]) -> None:
    ledger = ledger_of(Allowance())
    _, spent = await ledger.reserve("t", 10**12)
    assert (spent.day, spent.task) == (10**12, 10**12)
    await ledger.close()


async def test_sums_are_forgotten_after_two_days(redis_url: str) -> None:
    ledger, redis = RedisLedger(redis_url, Allowance(10), today), Redis.from_url(redis_url)
    await ledger.reserve("t", 1)
    assert TTL_S - 5 <= await redis.ttl("resonance:llm-spent:{2001-01-01}:t") <= TTL_S
    await ledger.close()
    await redis.aclose()


async def test_while_redis_does_not_answer_nothing_is_given_out() -> None:
    ledger = RedisLedger("redis://127.0.0.1:9/0", Allowance(10), today)
    with pytest.raises(Unavailable, match="spending cannot be counted"):
        await ledger.reserve("t", 1)
    await ledger.close()


def test_money_is_exact_and_rounded_up() -> None:
    assert nano(0.1) + nano(0.2) == nano(0.3)
    assert Price(0.75, 4.5).cost(900, 300) == 2_025_000
    assert Price(0.0001, 0.0).cost(1, 0) == 1
    assert dollars(2_025_000) == 0.002025


def test_long_prompts_have_another_rate() -> None:
    price = Price(0.1, 0.5, 100_001, 0.5, 2.5)
    assert price.cost(100_000, 0) == nano(0.01)
    assert price.cost(100_001, 0) == nano(0.0500005)
    assert worst([price, Price(0.2, 0.3)]) == Price(0.5, 2.5)
