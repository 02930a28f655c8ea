"""The online store on a real Redis: what is there, for how long, and what happens while Redis is away."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis

from resonance_contracts.pb.resonance.v1 import features_pb2, online_pb2
from resonance_runtime import metrics
from resonance_runtime.errors import Unavailable
from resonance_runtime.health import Health
from resonance_runtime.online.kinds import FEATURES
from resonance_runtime.online.reader import OnlineReader
from resonance_runtime.online.store import OnlineStore
from resonance_runtime.online.versions import versioned
from resonance_runtime.online.writer import NEWEST_SHA, NewestWriter
from tests.support.redis_server import RedisServer

T0 = 1_795_269_905_000_000
TTL_S = 3600
DEADLINE_S = 20.0
DEGRADED = "online features"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path)
    server.start()
    yield server
    server.kill()


@pytest.fixture
async def redis(server: RedisServer) -> AsyncIterator[Redis]:
    client = Redis.from_url(server.url)
    yield client
    await client.aclose()


@pytest.fixture
async def reader(server: RedisServer) -> AsyncIterator[OnlineReader[online_pb2.OnlineVector]]:
    reader = OnlineReader(server.url, FEATURES)
    yield reader
    await reader.close()


@pytest.fixture
def health() -> Health:
    return Health(30.0)


Make = Callable[..., Awaitable[OnlineStore]]


@pytest.fixture
async def make(server: RedisServer, health: Health) -> AsyncIterator[Make]:
    """Starts stores, and stops them."""
    stores: list[OnlineStore] = []

    async def make(**options: Any) -> OnlineStore:
        store = OnlineStore(server.url, FEATURES, TTL_S, health, **{"interval_s": 0.01, **options})
        stores.append(store)
        await store.start()
        return store

    yield make
    for store in stores:
        await store.stop()


def vectors(users: dict[str, int]) -> bytes:
    """A batch with one vector of each user, of this ordinal; time follows the ordinal."""
    return features_pb2.VectorBatch(
        stream="live",
        catalogue_version="1",
        width=1,
        vector_id=[f"v_{ordinal}" for ordinal in users.values()],
        user_key=users,
        ordinal=users.values(),
        start_us=[T0] * len(users),
        end_us=[T0 + ordinal for ordinal in users.values()],
        values=[float(ordinal) for ordinal in users.values()],
    ).SerializeToString()


def rest(ordinal: int) -> bytes:
    return online_pb2.OnlineVector(values=[float(ordinal)]).SerializeToString()


def total(metric: Any, **labels: str) -> float:
    """The count of a metric so far."""
    count: float = metric.labels(kind="features", **labels)._value.get()
    return count


async def ordinals(redis: Redis, users: Iterable[str]) -> set[int]:
    """Ordinals of the newest vectors of these users; 0 for one who is not there."""
    found = await redis.mget([FEATURES.key(user) for user in users])
    return {0 if raw is None else online_pb2.OnlineVector.FromString(raw).ordinal for raw in found}


async def until(so: Callable[[], Awaitable[bool]] | Callable[[], bool], what: str) -> None:
    """Awaits a condition, with a deadline."""
    try:
        async with asyncio.timeout(DEADLINE_S):
            while True:
                answer = so()
                if answer if isinstance(answer, bool) else await answer:
                    return
                await asyncio.sleep(0.01)
    except TimeoutError:
        pytest.fail(f"{what} did not happen in {DEADLINE_S:.0f} s")


async def test_the_newest_vector_of_each_user_is_there_for_its_time(
    make: Make, redis: Redis, reader: OnlineReader[online_pb2.OnlineVector]
) -> None:
    store = await make()
    store.offer(vectors({"u_1": 1, "u_2": 1}))
    store.offer(vectors({"u_1": 2}))

    async def there() -> bool:
        one = await reader.newest("u_1")
        return one is not None and one.ordinal == 2

    await until(there, "the newest vector of u_1")
    assert await reader.newest("u_1") == online_pb2.OnlineVector(
        end_us=T0 + 2, ordinal=2, vector_id="v_2", user_key="u_1", start_us=T0, catalogue_version="1", values=[2.0]
    )
    assert TTL_S - 5 <= await redis.ttl("resonance:features:u_2") <= TTL_S
    assert await reader.newest("u_3") is None


async def test_what_waits_for_one_user_is_written_once(make: Make, redis: Redis) -> None:
    store = await make()
    before = total(metrics.ONLINE_VALUES, outcome="written")
    for ordinal in range(1, 1001):
        store.put("u_1", T0 + ordinal, ordinal, rest(ordinal))
    await until(lambda: total(metrics.ONLINE_VALUES, outcome="written") > before, "a write")
    assert total(metrics.ONLINE_VALUES, outcome="written") == before + 1
    assert online_pb2.OnlineVector.FromString(await redis.get("resonance:features:u_1")).values == [1000.0]


@pytest.mark.parametrize(
    ("kept", "comes", "stays"),
    [
        pytest.param((10, 1), (9, 2), (10, 1), id="an earlier time is older, whatever its ordinal"),
        pytest.param((10, 2), (10, 1), (10, 2), id="of one time, the lower ordinal is older"),
        pytest.param((10, 7), (11, 1), (11, 1), id="a later time is newer, whatever its ordinal"),
        pytest.param((10, 1), (10, 2), (10, 2), id="of one time, the higher ordinal is newer"),
        pytest.param((255, 0), (256, 0), (256, 0), id="versions are numbers, not bytes"),
    ],
)
async def test_an_older_value_never_replaces_a_newer_one(
    make: Make,
    reader: OnlineReader[online_pb2.OnlineVector],
    kept: tuple[int, int],
    comes: tuple[int, int],
    stays: tuple[int, int],
) -> None:
    """Two workers; the second reads again what the first went past."""
    counted = metrics.ONLINE_VALUES
    for version in (kept, comes):
        before = sum(total(counted, outcome=o) for o in ("written", "older"))
        store = await make()
        store.put("u_1", T0 + version[0], version[1], rest(version[1]))
        await until(lambda: sum(total(counted, outcome=o) for o in ("written", "older")) > before, "a write")  # noqa: B023
    found = await reader.newest("u_1")
    assert found is not None and (found.end_us - T0, found.ordinal) == stays


async def test_a_worker_that_begins_again_takes_nobody_back(make: Make, redis: Redis) -> None:
    """Two workers write the same history, one far behind: what is read meanwhile only ever gets newer."""
    ahead, behind = await make(interval_s=0.001), await make(interval_s=0.001)
    seen: list[int] = []

    async def write() -> None:
        for ordinal in range(1, 400):
            ahead.offer(vectors({"u_1": ordinal}))
            behind.offer(vectors({"u_1": max(1, ordinal - 100)}))
            await asyncio.sleep(0.002)

    writing = asyncio.create_task(write())
    while not writing.done():
        if (raw := await redis.get("resonance:features:u_1")) is not None:
            seen.append(online_pb2.OnlineVector.FromString(raw).ordinal)
        await asyncio.sleep(0)
    assert len(set(seen)) > 10, "it was read while it changed"
    assert seen == sorted(seen)


async def test_a_key_of_another_type_is_replaced(
    make: Make, redis: Redis, reader: OnlineReader[online_pb2.OnlineVector]
) -> None:
    await redis.rpush("resonance:features:u_1", "a list")  # type: ignore[misc]  # redis types both of its clients at once
    await redis.set("resonance:features:u_2", "short")
    store = await make()
    store.offer(vectors({"u_1": 1, "u_2": 1}))

    async def there() -> bool:
        return (
            await redis.type("resonance:features:u_1") == b"string"
            and len(await redis.get("resonance:features:u_2")) > 18
        )

    await until(there, "a value in place of the list")
    assert await reader.newest("u_1") is not None


async def test_a_script_that_redis_forgot_is_loaded_again(server: RedisServer, redis: Redis) -> None:
    writer = NewestWriter(server.url, TTL_S)
    for ordinal in (1, 2):
        await redis.script_flush()
        values = [(f"k_{i}", versioned(T0, ordinal, b"")) for i in range(600)]
        assert await writer.write(values) == 600
    assert await redis.script_exists(NEWEST_SHA) == [True]
    await writer.close()


async def test_killed_and_started_again_under_load_it_has_every_user_in_the_end(
    make: Make, server: RedisServer, health: Health, redis: Redis
) -> None:
    store = await make()
    users = {f"u_{n}": 0 for n in range(2000)}

    def load(rounds: int) -> None:
        for _ in range(rounds):
            for user in users:
                users[user] += 1
            store.offer(vectors(users))

    load(3)
    await until(lambda: total(metrics.ONLINE_WAITING) == 0, "an empty queue")
    server.kill()
    load(3)
    await until(lambda: DEGRADED in health.degradations(), "being degraded")
    assert "Redis does not answer" in health.degradations()[DEGRADED]
    assert health.unready() == {}
    load(3)
    server.start()
    await until(lambda: not health.degradations(), "recovery")

    async def all_there() -> bool:
        return await ordinals(redis, users) == {9}

    await until(all_there, "the newest vector of every user")


async def test_nothing_waits_while_redis_hangs(make: Make, server: RedisServer, health: Health) -> None:
    store = await make(most_values=50_000)
    batch = vectors({f"u_{n}": 1 for n in range(4000)})
    store.offer(batch)
    await asyncio.sleep(0)
    server.pause()
    try:
        before = total(metrics.ONLINE_VALUES, outcome="dropped")
        store.put("u_1", T0 + 5, 5, rest(5))
        await until(lambda: DEGRADED in health.degradations(), "being degraded")
        puts, offers = 100_000, 1000
        started = time.thread_time()
        for n in range(puts):
            store.put(f"other_{n}", T0, n, b"")
        put_s = (time.thread_time() - started) / puts
        started = time.thread_time()
        for _ in range(offers):
            store.offer(batch)
        offer_s = (time.thread_time() - started) / offers
        assert put_s < 10e-6, f"a put takes {put_s * 1e6:.1f} µs"
        assert offer_s < 10e-6, f"an offer takes {offer_s * 1e6:.1f} µs"
        await until(lambda: total(metrics.ONLINE_VALUES, outcome="dropped") >= before + 50_000, "counting the drops")
        assert any("dropped" in reason for reason in health.degradations().values())
        started = time.perf_counter()
        await store.stop()
        assert time.perf_counter() - started < 2.0
    finally:
        server.resume()


def hundred_thousand_users() -> list[bytes]:
    return [vectors({f"u_{n}": 1 for n in range(start, start + 4000)}) for start in range(0, 100_000, 4000)]


async def test_however_much_changes_a_tenth_of_the_process_is_enough(make: Make) -> None:
    store = await make()
    written, batches = total(metrics.ONLINE_VALUES, outcome="written"), hundred_thousand_users()
    started, cpu = time.perf_counter(), time.process_time()
    for batch in batches:
        store.offer(batch)
    async with asyncio.timeout(DEADLINE_S):
        while total(metrics.ONLINE_VALUES, outcome="written") < written + 10_000:
            await asyncio.sleep(0.05)
    share = (time.process_time() - cpu) / (time.perf_counter() - started)
    assert share < 0.25, f"{share:.0%} of the process; an unhurried loop of others is in it"


@pytest.fixture
def no_old_garbage() -> Iterator[None]:
    """What the tests before have in memory is not looked through again."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.mark.usefixtures("no_old_garbage")
async def test_no_step_of_it_holds_up_others(make: Make) -> None:
    store = await make()
    written, longest_s = total(metrics.ONLINE_VALUES, outcome="written"), 0.0
    for batch in hundred_thousand_users():
        store.offer(batch)
    async with asyncio.timeout(DEADLINE_S):
        while total(metrics.ONLINE_VALUES, outcome="written") < written + 10_000:
            before = time.thread_time()
            await asyncio.sleep(0)
            longest_s = max(longest_s, time.thread_time() - before)
    assert longest_s < 0.02, f"one turn of the loop took {longest_s * 1e3:.1f} ms"


async def test_stop_writes_what_waits(make: Make, redis: Redis) -> None:
    store = await make(interval_s=60.0)
    await asyncio.sleep(0)
    users = {f"u_{n}": 1 for n in range(3000)}
    store.offer(vectors(users))
    await store.stop()
    assert await ordinals(redis, users) == {1}


async def test_without_an_address_it_is_off_and_says_so(health: Health) -> None:
    store = OnlineStore(None, FEATURES, TTL_S, health)
    await store.start()
    store.offer(vectors({"u_1": 1}))
    store.put("u_1", T0, 1, b"")
    await store.stop()
    assert health.details == {"online features": "off: RESONANCE_REDIS_URL is not set"}
    assert health.degradations() == {}


async def test_a_reader_says_that_redis_is_down() -> None:
    reader = OnlineReader("redis://127.0.0.1:9/0", FEATURES)
    with pytest.raises(Unavailable, match="Redis does not answer"):
        await reader.newest("u_1")
    await reader.close()


async def test_a_user_who_was_erased_is_gone_and_no_older_value_comes_back(
    make: Make, redis: Redis, reader: OnlineReader[online_pb2.OnlineVector]
) -> None:
    store, key = await make(), FEATURES.key("u_1")
    store.offer(vectors({"u_1": 7, "u_2": 7}))
    await until(lambda: so_many(redis, 2), "both values")
    store.offer(features_pb2.VectorBatch(stream="live", erased=["u_1"], erased_us=[T0 + 9]).SerializeToString())

    async def gone() -> bool:
        return await reader.newest("u_1") is None

    await until(gone, "the value is gone")
    assert b"v_7" not in await redis.get(key), "nothing but a time is left"
    assert 0 < await redis.ttl(key) <= 60
    store.offer(vectors({"u_1": 8, "u_2": 8}))
    await until(lambda: ordinal_is(redis, "u_2", 8), "the other user goes on")
    assert await gone(), "what a worker reads again does not come back"
    store.offer(vectors({"u_1": 10}))
    await until(lambda: ordinal_is(redis, "u_1", 10), "the user begins anew")


async def so_many(redis: Redis, count: int) -> bool:
    return await redis.dbsize() == count


async def ordinal_is(redis: Redis, user: str, ordinal: int) -> bool:
    return await ordinals(redis, [user]) == {ordinal}
