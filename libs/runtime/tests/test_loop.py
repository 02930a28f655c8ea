"""What a loop is given, and what its group means for readiness."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from resonance_contracts.topics import ACTIVITY_SUBMITTED, Service
from resonance_runtime.errors import Conflict
from resonance_runtime.health import Progress
from resonance_runtime.inbox import Inbox
from resonance_runtime.loop import RecordLoop, _Seat
from resonance_runtime.records import RawRecord, Record
from resonance_runtime.runtime import Runtime
from resonance_runtime.settings import RuntimeSettings


class Raws:
    """Handles records as they come."""

    async def run(self, raws: Sequence[RawRecord], progress: Progress | None = None) -> None:
        """Takes them."""


async def take(records: Sequence[Record[Any]]) -> None:
    """Takes records."""


@pytest.fixture
async def runtime() -> AsyncIterator[Runtime[Any]]:
    runtime: Runtime[Any] = Runtime(Service.GATEWAY, RuntimeSettings())
    yield runtime
    await runtime.publisher.stop()


@pytest.mark.parametrize("needed", [True, False])
async def test_a_group_that_is_not_needed_does_not_hold_readiness_up(runtime: Runtime[Any], needed: bool) -> None:
    loop = RecordLoop(runtime, group="g", topics=[ACTIVITY_SUBMITTED], handling=Raws(), needed=needed)
    assert bool(runtime.health.unready()) is needed
    await loop.stop()


@pytest.mark.parametrize("needed", [True, False])
async def test_nor_does_its_joining(monkeypatch: pytest.MonkeyPatch, runtime: Runtime[Any], needed: bool) -> None:
    joining = asyncio.Event()

    async def join(_: AIOKafkaConsumer) -> None:
        joining.set()
        await asyncio.sleep(60)

    monkeypatch.setattr(AIOKafkaConsumer, "start", join)
    loop = RecordLoop(runtime, group="g", topics=[ACTIVITY_SUBMITTED], handling=Raws(), needed=needed)
    await loop.start()
    await joining.wait()
    assert ("connection of group g" in runtime.health.unready()) is needed
    await loop.stop()
    await runtime.cancel_tasks()


@pytest.mark.parametrize("given", [{}, {"handle": take, "handling": Raws()}])
async def test_a_loop_takes_one_way_of_handling(runtime: Runtime[Any], given: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="either handle, or handling, or state and objects"):
        RecordLoop(runtime, group="g", topics=[ACTIVITY_SUBMITTED], **given)


class Partition:
    """A partition that is given up: its number says whether another process took it over."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.unkept = True
        self.forgotten = False

    async def keep(self, _: Any) -> None:
        if self.number == 1:
            raise Conflict("Another process wrote it.")

    def forget(self) -> None:
        self.forgotten = True


async def test_all_partitions_are_given_up_though_one_is_lost(runtime: Runtime[Any]) -> None:
    loop = RecordLoop(runtime, group="g", topics=[ACTIVITY_SUBMITTED], handle=take)
    tps = [TopicPartition(ACTIVITY_SUBMITTED.name, number) for number in range(3)]
    partitions = [Partition(tp.partition) for tp in tps]
    loop._seats = {tp: _Seat(one, Inbox(10)) for tp, one in zip(tps, partitions, strict=True)}  # type: ignore[arg-type]  # the parts of it that are used
    # The client only logs what its listener raises, and goes on.
    await loop._listener.on_partitions_revoked(tps)
    assert [one.forgotten for one in partitions] == [True] * 3
    assert not loop._seats
    with pytest.raises(Conflict, match="Another process wrote it"):
        await asyncio.wait_for(runtime.until_crash(), 1.0)
    await loop.stop()


async def test_what_does_not_end_takes_its_time_once_for_all_partitions() -> None:
    runtime: Runtime[Any] = Runtime(Service.GATEWAY, RuntimeSettings(drain_s=0.2))
    loop = RecordLoop(runtime, group="g", topics=[ACTIVITY_SUBMITTED], handle=take)
    tps = [TopicPartition(ACTIVITY_SUBMITTED.name, number) for number in range(8)]
    for tp in tps:
        work = asyncio.create_task(asyncio.sleep(60))
        loop._seats[tp] = _Seat(Partition(0), Inbox(10), work)  # type: ignore[arg-type]  # the parts of it that are used
    async with asyncio.timeout(1.0):
        await loop.stop()
    assert not loop._seats
    await runtime.publisher.stop()


@pytest.fixture
async def named() -> AsyncIterator[Runtime[Any]]:
    runtime: Runtime[Any] = Runtime(Service.XAI, RuntimeSettings(kafka_member="xai-0"))
    yield runtime
    await runtime.publisher.stop()


async def test_a_group_without_state_knows_its_member_by_the_name_that_it_keeps(
    runtime: Runtime[Any], named: Runtime[Any]
) -> None:
    loops = [RecordLoop(one, group="g", topics=[ACTIVITY_SUBMITTED], handling=Raws()) for one in (runtime, named)]
    assert [loop._consumer._group_instance_id for loop in loops] == [None, "xai-0"]
    for loop in loops:
        await loop.stop()


async def test_who_is_asked_to_stop_gives_its_name_up_so_that_it_leaves(named: Runtime[Any]) -> None:
    class Coordinator:
        _group_instance_id: str | None = "xai-0"

        async def close(self) -> None:
            """Leaves."""

    loop = RecordLoop(named, group="g", topics=[ACTIVITY_SUBMITTED], handling=Raws())
    loop._consumer._coordinator = coordinator = Coordinator()
    await loop.stop()
    assert coordinator._group_instance_id is None
