"""What backends write to the public topic reaches the features once, though gateways are killed meanwhile."""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient

from resonance_contracts.pb.resonance.v1 import activity_pb2, submitted_pb2
from resonance_contracts.topics import ACTIVITY_OBSERVED, ACTIVITY_SUBMITTED, Service
from resonance_feature_extractor.engine import PartitionEngine
from resonance_local.child import Child
from resonance_local.ports import Ports
from resonance_local.stack import Stack
from tests.support.addresses import external
from tests.support.topic_scan import Seen, scan

pytestmark = [
    pytest.mark.kafka,
    pytest.mark.skipif(external() is None, reason="needs the real Kafka and MinIO that `make test-kafka` starts"),
]

DEADLINE_S = 120
EVENTS = 6000
BAD = 5
KILLED_AFTER = EVENTS // 3
PAUSE_EVERY = 20


@dataclass
class Gateways:
    """Two gateways."""

    stack: Stack
    second: Child

    @property
    def bootstrap(self) -> str:
        return self.stack.environment["RESONANCE_KAFKA_BOOTSTRAP"]


@pytest.fixture
def gateways() -> Iterator[Gateways]:
    """Both of them ready."""
    stack = Stack(lambda sentence: None, external=external(), services=(Service.GATEWAY,))
    try:
        stack.start()
        own = {"RESONANCE_HTTP_PORT": str(Ports().any()), "RESONANCE_INSTANCE": "gateway-2"}
        second = Child(
            "gateway-2",
            [sys.executable, "-m", "resonance_gateway"],
            {**stack.environment, **own},
            stack.folder / "gateway-2.log",
        )
        stack.children[second.name] = second
        second.start()
        yield Gateways(stack, second)
    finally:
        stack.stop()


async def write(gateways: Gateways, begin_us: int) -> None:
    """Events over random partitions, in two forms, with numbers and without; one gateway is killed meanwhile."""
    rng, run = random.Random(3), uuid.uuid4().hex
    producer = AIOKafkaProducer(bootstrap_servers=gateways.bootstrap, acks="all", enable_idempotence=True)
    await producer.start()
    try:
        partitions = sorted(await producer.partitions_for(ACTIVITY_SUBMITTED.name))
        pending = []
        for n in range(EVENTS):
            source, sequence = (f"shop-{run}", n + 1) if n % 2 else ("", 0)
            told: dict[str, Any] = {"user_id": f"{run}-{rng.randrange(50)}", "message_size": 10}
            headers = []
            if n % 3:
                numbered = submitted_pb2.ActivitySubmitted(
                    **told, source=source, sequence=sequence, time_us=begin_us + n
                )
                value = numbered.SerializeToString()
            else:
                told |= {"source": source, "sequence": sequence} if source else {}
                value = json.dumps({**told, "time": (begin_us + n) / 1e6}).encode()
                headers = [("content-type", b"application/json")]
            pending.append(
                await producer.send(ACTIVITY_SUBMITTED.name, value, partition=rng.choice(partitions), headers=headers)
            )
            if n < BAD:
                await producer.send(ACTIVITY_SUBMITTED.name, f"{run} is no event".encode())
            if n == KILLED_AFTER:
                gateways.second.kill()
            if n % PAUSE_EVERY == 0:
                await asyncio.sleep(0.005)
        await asyncio.gather(*pending)
        await producer.flush()
    finally:
        await producer.stop()


def told_of(records: list[Seen], begin_us: int) -> Counter[int]:
    """How often each event of this run stands in these records, by its number."""
    return Counter(
        time_us - begin_us
        for record in ours(records, begin_us)
        for time_us in record.message.time_us
        if begin_us <= time_us < begin_us + EVENTS
    )


def ours(records: list[Seen], begin_us: int) -> list[Seen]:
    """Records with events of this run; other tests have clients who were active in the same milliseconds."""
    return [
        record
        for record in records
        if record.message.clock == activity_pb2.CLOCK_KIND_BACKEND
        and any(begin_us <= time_us < begin_us + EVENTS for time_us in record.message.time_us)
    ]


def both_had_work(records: list[Seen], begin_us: int) -> bool:
    """Whether records with events of this run came from two gateways."""
    return len({r.headers["ce_source"] for r in ours(records, begin_us)}) == 2


async def test_every_event_counts_once_though_a_gateway_is_killed(gateways: Gateways) -> None:
    begin_us = time.time_ns() // 1000 - 60_000_000
    await joined(gateways)
    await write(gateways, begin_us)
    deadline = time.monotonic() + DEADLINE_S
    while True:
        records = (await scan(gateways.bootstrap, [ACTIVITY_OBSERVED]))[ACTIVITY_OBSERVED.name]
        told = told_of(records, begin_us)
        if len(told) == EVENTS:
            break
        assert time.monotonic() < deadline, f"{EVENTS - len(told)} events are missing"
        await asyncio.sleep(0.2)
    assert both_had_work(records, begin_us)

    engines: dict[int, PartitionEngine] = {}
    for record in ours(records, begin_us):
        engines.setdefault(record.partition, PartitionEngine()).apply(record.value)
    counts = sum((Counter(engine.take_counts()) for engine in engines.values()), Counter())
    assert counts["repeated"] == told.total() - EVENTS
    assert counts["late"] == counts["forgotten_sources"] == 0

    letters = await scan(gateways.bootstrap, [replace(ACTIVITY_SUBMITTED, name=ACTIVITY_SUBMITTED.dead_letters)])
    reasons = [r.headers["dlq_reason"] for rs in letters.values() for r in rs if r.value.endswith(b"is no event")]
    assert len(reasons) >= BAD and all("not a resonance.v1.ActivitySubmitted" in reason for reason in reasons)


async def joined(gateways: Gateways) -> None:
    """Returns when both gateways have partitions of the topic."""
    deadline = time.monotonic() + DEADLINE_S
    while len(await members(gateways.bootstrap)) < 2:
        assert gateways.second.exit_status is None, gateways.second.last_words()
        assert time.monotonic() < deadline, "the gateways did not join"
        await asyncio.sleep(0.2)


async def members(bootstrap: str) -> list[Any]:
    """Members of the gateways' group that have partitions."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        [described] = (await admin.describe_consumer_groups(["gateway.submitted"]))[0].groups
    finally:
        await admin.close()
    return [member for member in described[5] if member[4]]
