"""The runtime's loops on a broker and a store."""

from __future__ import annotations

import asyncio
import statistics
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from prometheus_client import REGISTRY

from resonance_contracts.pb.resonance.v1 import detection_pb2, explanation_pb2, request_pb2
from resonance_contracts.shards import partition_of
from resonance_contracts.topics import ALERTS_RAISED, EXPLANATIONS_REQUESTED, Service
from resonance_local.stack import Stack
from resonance_runtime.errors import Problem, Reject
from resonance_runtime.keyed import Dump, Piece
from resonance_runtime.loop import RecordLoop
from resonance_runtime.objects import ObjectStore
from resonance_runtime.records import Outgoing, Record
from resonance_runtime.requests import Requester, reply
from resonance_runtime.service import Component, Runtime
from resonance_runtime.settings import ObjectStoreSettings, RuntimeSettings, load
from resonance_runtime.snapshots import Snapshot
from resonance_runtime.tables import TopicReader
from tests.support.addresses import external

pytestmark = pytest.mark.embedded

DEADLINE_S = 120


class Settings(RuntimeSettings, ObjectStoreSettings):
    """What a service with keyed state has."""


@asynccontextmanager
async def running(
    parts: Stack, build: Callable[[Runtime[Any]], Sequence[Component]], instance: str = "test"
) -> AsyncIterator[Runtime[Any]]:
    """A runtime with these components, started and drained."""
    settings = load(
        Settings, {**parts.environment, "RESONANCE_INSTANCE": instance, "RESONANCE_SNAPSHOT_INTERVAL_S": "0.2"}
    )
    runtime: Runtime[Any] = Runtime(Service.XAI, settings)
    components = build(runtime)
    await runtime.patiently("the producer", runtime.publisher.start)
    try:
        for component in components:
            await component.start()
        yield runtime
    finally:
        for component in reversed(components):
            await component.stop()
        await runtime.cancel_tasks()
        await runtime.publisher.stop()


async def until(so: Callable[[], bool], what: str) -> None:
    """Awaits a condition, with a deadline."""
    try:
        async with asyncio.timeout(DEADLINE_S):
            while not so():
                await asyncio.sleep(0.02)
    except TimeoutError:
        pytest.fail(f"{what} did not happen in {DEADLINE_S} s")


def alert(id_: str, user: str = "u_1") -> Outgoing:
    return Outgoing(ALERTS_RAISED, detection_pb2.Alert(alert_id=id_, user_key=user), id_, 1_000_000, user_key=user)


async def dead_letters(parts: Stack, prefix: str, count: int) -> dict[str, str]:
    """Reasons of the dead letters whose id begins so, by id."""
    consumer = AIOKafkaConsumer(
        ALERTS_RAISED.dead_letters, bootstrap_servers=parts.environment["RESONANCE_KAFKA_BOOTSTRAP"],
        auto_offset_reset="earliest", fetch_max_wait_ms=10,
    )  # fmt: skip
    found: dict[str, str] = {}
    await consumer.start()
    try:
        async with asyncio.timeout(DEADLINE_S):
            while len(found) < count:
                headers = {k: v.decode() for k, v in (await consumer.getone()).headers}
                if headers.get("ce_id", "").startswith(prefix):
                    found[headers["ce_id"]] = headers["dlq_reason"]
    finally:
        await consumer.stop()
    return found


async def test_records_are_handled_once_and_poison_is_buried(parts: Stack) -> None:
    run, handled = uuid.uuid4().hex, list[str]()

    async def handle(records: Sequence[Record[Any]]) -> None:
        for record in records:
            if record.id == f"{run}/13":
                raise Reject("thirteen is rejected")
        handled.extend(r.id for r in records if r.id.startswith(run))

    def build(runtime: Runtime[Any]) -> Sequence[Component]:
        return [RecordLoop(runtime, group=f"once-{run}", topics=[ALERTS_RAISED], handle=handle)]

    async with running(parts, build) as runtime:
        await runtime.publisher.send_all([alert(f"{run}/{i}", f"u_{i % 5}") for i in range(50)])
        await until(lambda: len(handled) == 49, "handling 49 of 50 records")
    assert await dead_letters(parts, run, 1) == {f"{run}/13": "thirteen is rejected"}
    async with running(parts, build) as runtime:
        await runtime.publisher.send(alert(f"{run}/50"))
        await until(lambda: f"{run}/50" in handled, "handling the record after the restart")
    assert len(handled) == len(set(handled)) == 50, "what was committed is not read again"


async def test_lag_grows_while_a_batch_holds_its_partition_up_and_is_told_of_no_more_once_that_is_given_up(
    parts: Stack,
) -> None:
    run, go_on = uuid.uuid4().hex, asyncio.Event()
    labels = {"topic": ALERTS_RAISED.name, "group": f"lag-{run}"}

    async def handle(records: Sequence[Record[Any]]) -> None:
        if any(record.id.startswith(run) for record in records):
            await go_on.wait()

    def lag() -> float | None:
        return REGISTRY.get_sample_value("resonance_consumer_lag_records", labels)

    def build(runtime: Runtime[Any]) -> Sequence[Component]:
        return [RecordLoop(runtime, group=f"lag-{run}", topics=[ALERTS_RAISED], handle=handle, max_batch=2)]

    async with running(parts, build) as runtime:
        # Other tests may have added some.
        labels["partition"] = str(partition_of("u_1", await runtime.publisher.partitions(ALERTS_RAISED.name)))
        await until(lambda: lag() == 0, "saying that nothing waits")
        for first in (0, 20):
            for i in range(first, first + 20):
                await runtime.publisher.send(alert(f"{run}/{i}"))
            await until(lambda first=first: lag() == first + 20, "saying how many wait")
        go_on.set()
        await until(lambda: lag() == 0, "saying that nothing waits any more")
    assert lag() is None


async def test_records_that_go_together_are_stored_in_order_as_many_as_fit(parts: Stack) -> None:
    run = uuid.uuid4().hex
    wanted = [
        Outgoing(ALERTS_RAISED, run.encode() + bytes(size), f"{run}/{i}", 1, partition=2)
        for i, size in enumerate([300_000, 1, 300_000, 300_000, 2, 900_000, 3])
    ]
    async with running(parts, lambda runtime: []) as runtime:
        counts, left = [], wanted
        while left:
            counts.append(await runtime.publisher.send_together(left))
            left = left[counts[-1] :]
        with pytest.raises(Reject, match=f"{run}/big has more bytes"):
            await runtime.publisher.send_together(
                [Outgoing(ALERTS_RAISED, bytes(1_000_001), f"{run}/big", 1, partition=2)]
            )
    assert counts == [5, 2]
    consumer = AIOKafkaConsumer(bootstrap_servers=parts.environment["RESONANCE_KAFKA_BOOTSTRAP"])
    await consumer.start()
    try:
        partition = TopicPartition(ALERTS_RAISED.name, 2)
        consumer.assign([partition])
        await consumer.seek_to_beginning(partition)
        sizes: list[int] = []
        async with asyncio.timeout(DEADLINE_S):
            while len(sizes) < len(wanted):
                value = (await consumer.getone()).value
                if value.startswith(run.encode()):
                    sizes.append(len(value))
    finally:
        await consumer.stop()
    assert sizes == [len(one.value) for one in wanted]


@pytest.mark.kafka
@pytest.mark.skipif(external() is None, reason="needs a broker that answers as soon as there is a record")
async def test_a_partition_in_work_holds_no_other_up(parts: Stack) -> None:
    run, handled, works_s = uuid.uuid4().hex, dict[str, float](), 0.1

    async def handle(records: Sequence[Record[Any]]) -> None:
        ours = [record.id for record in records if record.id.startswith(run)]
        if any("slow" in id_ for id_ in ours):
            await asyncio.sleep(works_s)
        handled.update(dict.fromkeys(ours, time.monotonic()))

    def build(runtime: Runtime[Any]) -> Sequence[Component]:
        return [RecordLoop(runtime, group=f"beside-{run}", topics=[ALERTS_RAISED], handle=handle)]

    async with running(parts, build) as runtime:
        partitions = await runtime.publisher.partitions(ALERTS_RAISED.name)
        users = {partition_of(user, partitions): user for user in map("u_{}".format, range(99))}
        took = []
        for i in range(60):
            await runtime.publisher.send(alert(f"{run}/slow-{i}", users[0]))
            await asyncio.sleep(0.01)
            sent = time.monotonic()
            await runtime.publisher.send(alert(f"{run}/{i}", users[1]))
            await until(lambda quick=f"{run}/{i}": quick in handled, "handling a record of the other partition")
            took.append(handled[f"{run}/{i}"] - sent)
    assert statistics.median(took[10:]) < works_s / 5, f"each waits for the partition in work: {took}"


async def test_a_reader_may_wait_until_what_stood_there_for_a_group_is_handled(parts: Stack) -> None:
    run, handled, read, gate = uuid.uuid4().hex, list[str](), list[str](), asyncio.Event()

    async def handle(records: Sequence[Record[Any]]) -> None:
        ours = [record.id for record in records if record.id.startswith(run)]
        if ours:
            await gate.wait()
        handled.extend(ours)

    async def look(records: Sequence[Record[Any]]) -> None:
        read.extend(record.id for record in records if record.id.startswith(run))
        assert len(handled) >= 40, "what stood there came first"

    def build(patience_s: float) -> Callable[[Runtime[Any]], Sequence[Component]]:
        def parts_of(runtime: Runtime[Any]) -> Sequence[Component]:
            loop = RecordLoop(runtime, group=f"urgent-{run}", topics=[ALERTS_RAISED], handle=handle, max_batch=4)
            past = TopicReader(
                runtime, [ALERTS_RAISED], look, from_start=True, name=run, after=lambda: loop.caught_up(patience_s)
            )
            return [loop, past]

        return parts_of

    async with running(parts, lambda runtime: []) as runtime:
        await runtime.publisher.send_all([alert(f"{run}/{i}", f"u_{i % 8}") for i in range(40)])
    async with running(parts, build(DEADLINE_S)) as runtime:
        gate.set()
        await until(lambda: len(read) == 40, "reading the past")
    async with running(parts, build(DEADLINE_S)) as runtime:
        await until(lambda: len(read) == 80, "reading the past where nothing waits for the group")
        gate.clear()
        await runtime.publisher.send(alert(f"{run}/40"))
        await until(lambda: f"{run}/40" in read, "reading what the group has still in work")
        gate.set()


class Counter:
    """Counts the records of each user; sends the count."""

    def __init__(self, run: str) -> None:
        self._run = run
        self.counts: dict[int, dict[str, int]] = {}
        self._dirty: set[int] = set()

    async def open(self, partition: int, snapshot: Snapshot | None) -> int:
        shards = {} if snapshot is None else snapshot.shards
        words = [data.decode().split("=") for (data,) in shards.values()]
        self.counts[partition] = {user: int(count) for user, count in words}
        return len(words)

    def close(self, partition: int) -> None:
        del self.counts[partition]

    def apply(self, record: Record[Any]) -> Sequence[Outgoing]:
        if record.id.startswith(self._run):
            counts = self.counts[record.partition]
            user = record.value.user_key
            counts[user] = counts.get(user, 0) + 1
        return []

    def dump(self, partition: int, whole: Collection[int]) -> Dump:
        shards = {int(u.removeprefix("u_")): f"{u}={n}".encode() for u, n in self.counts[partition].items()}
        return Dump(b"", {shard: Piece(data, True) for shard, data in shards.items()})

    def total(self) -> dict[str, int]:
        return {user: n for counts in self.counts.values() for user, n in counts.items()}


async def test_keyed_state_outlives_the_process_exactly(parts: Stack) -> None:
    run = uuid.uuid4().hex
    states: list[Counter] = []

    def build(runtime: Runtime[Any]) -> Sequence[Component]:
        states.append(Counter(run))
        objects = ObjectStore(runtime.settings)
        loop = RecordLoop(runtime, group=f"keyed-{run}", topics=[ALERTS_RAISED], state=states[-1], objects=objects)
        return [objects, loop]

    sent = {f"u_{i}": 0 for i in range(7)}
    for lap in range(3):
        async with running(parts, build) as runtime:
            for i in range(100):
                user = f"u_{i % 7}"
                sent[user] += 1
                await runtime.publisher.send(alert(f"{run}/{lap}/{i}", user))
            await until(lambda: states[-1].total() == sent, f"counting {sent}")


async def test_a_change_of_state_is_kept_before_the_next_record(parts: Stack) -> None:
    run = uuid.uuid4().hex
    state = Counter(run)
    loops: list[RecordLoop] = []

    def build(runtime: Runtime[Any]) -> Sequence[Component]:
        objects = ObjectStore(runtime.settings)
        loops.append(RecordLoop(runtime, group=f"change-{run}", topics=[ALERTS_RAISED], state=state, objects=objects))
        return [objects, loops[0]]

    async def change(partition: int) -> None:
        state.counts[partition][f"u_{900 + partition}"] = 1

    async with running(parts, build) as runtime:
        await until(lambda: not runtime.health.unready(), "the assignment")
        await loops[0].change_state(change)
        changed = set(state.counts)
    objects = ObjectStore(load(Settings, parts.environment))
    kept = await objects.list("resonance-state", f"change-{run}/")
    await objects.stop()
    assert {int(key.split("/")[3]) for key in kept} == changed


async def test_questions_are_answered_over_topics(parts: Stack) -> None:
    async def answer(records: Sequence[Record[Any]]) -> None:
        for record in records:
            await responder.publisher.send_all(reply(record, await answers[record.value.user_key]()))

    async def short() -> request_pb2.ExplainReply:
        return request_pb2.ExplainReply(explanation=explanation_pb2.Explanation(vector_id="v_1"))

    async def long() -> request_pb2.ExplainReply:
        return request_pb2.ExplainReply(explanation=explanation_pb2.Explanation(vector_id="v" * 600_000))

    async def nothing() -> Problem:
        return Problem(404, "Unknown user", "Nothing is known of u_nobody.")

    answers: dict[str, Callable[[], Awaitable[Any]]] = {"u_short": short, "u_long": long, "u_nobody": nothing}
    group = f"answers-{uuid.uuid4().hex}"
    requesters: list[Requester] = []

    def asking(runtime: Runtime[Any]) -> Sequence[Component]:
        requesters.append(Requester(runtime))
        return [requesters[0]]

    def answering(runtime: Runtime[Any]) -> Sequence[Component]:
        return [RecordLoop(runtime, group=group, topics=[EXPLANATIONS_REQUESTED], handle=answer)]

    async with running(parts, answering) as responder, running(parts, asking, "asker"):

        async def ask(user: str, timeout_s: float = DEADLINE_S) -> request_pb2.ExplainReply:
            question = request_pb2.ExplainRequest(user_key=user)
            return await requesters[0].ask(EXPLANATIONS_REQUESTED, question, request_pb2.ExplainReply, timeout_s)

        assert (await ask("u_short")).explanation.vector_id == "v_1"
        assert len((await ask("u_long")).explanation.vector_id) == 600_000
        with pytest.raises(Problem, match="Nothing is known of u_nobody") as raised:
            await ask("u_nobody")
        assert raised.value.status == 404
        answers["u_slow"] = lambda: asyncio.sleep(1, result=Problem(500, "late", "late"))
        with pytest.raises(Problem) as raised:
            await ask("u_slow", 0.1)
        assert raised.value.status == 504


STOPS_S = 6.0
"""A member that has no work in hand stops within this, whatever its group is about."""


async def test_a_take_over_that_takes_long_holds_up_no_stop(parts: Stack) -> None:
    taking = asyncio.Event()

    async def leading(leads: bool) -> None:
        if leads:
            taking.set()
            await asyncio.Event().wait()

    def build(runtime: Runtime[Any]) -> Sequence[Component]:
        loop = RecordLoop(runtime, group=f"g-{uuid.uuid4()}", topics=[ALERTS_RAISED], handle=ignore, leading=leading)
        return [loop]

    async with asyncio.timeout(DEADLINE_S + STOPS_S):
        async with running(parts, build):
            await taking.wait()
            began = time.monotonic()
    assert time.monotonic() - began < STOPS_S


async def test_a_member_that_waits_for_another_to_join_stops_all_the_same(parts: Stack) -> None:
    group, working, go = f"g-{uuid.uuid4()}", asyncio.Event(), asyncio.Event()

    async def work(records: Sequence[Record[Any]]) -> None:
        working.set()
        await go.wait()

    def first(runtime: Runtime[Any]) -> Sequence[Component]:
        return [RecordLoop(runtime, group=group, topics=[ALERTS_RAISED], handle=work)]

    def second(runtime: Runtime[Any]) -> Sequence[Component]:
        return [RecordLoop(runtime, group=group, topics=[ALERTS_RAISED], handle=ignore)]

    async with running(parts, first) as runtime:
        await runtime.publisher.send(alert(str(uuid.uuid4())))
        async with asyncio.timeout(DEADLINE_S):
            await working.wait()
        # The first one gives its partition up when its work has ended, and the second one waits for that.
        async with running(parts, second, "second"):
            await asyncio.sleep(1.0)
            began = time.monotonic()
        assert time.monotonic() - began < STOPS_S
        go.set()


async def ignore(records: Sequence[Record[Any]]) -> None:
    """Handles records by doing nothing."""
