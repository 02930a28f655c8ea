"""Runs of feature-extractor and predictor over a topic that was filled before: what a known user costs them."""

from __future__ import annotations

import asyncio
import re
import socket
import time
import urllib.request
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from resonance_contracts.topics import ACTIVITY_OBSERVED, FEATURES_COMPUTED, Service
from resonance_runtime.objects import STATE_BUCKET, ObjectStore
from resonance_runtime.records import CONTENT_TYPE, SPEC_VERSION, ce_time
from resonance_runtime.settings import ObjectStoreSettings, load
from tests.bench.features.people import MESSAGES, People
from tests.bench.features.topic import TRACE
from tests.bench.features.traffic import Batch, batches
from tests.capacity.course import Crowd, Known
from tests.capacity.standing import PARTITIONS, Standing, standing

RECORD_EVENTS: Final = 200
EVENTS_A_USER: Final = MESSAGES + 2  # and a connection and a login
WAIT_S: Final = 600.0
# A snapshot of everything is written in this time, and Redis has the newest values.
SETTLE_S: Final = 6.0
GROUPS: Final = {"feature-extractor": ACTIVITY_OBSERVED, "predictor": FEATURES_COMPUTED}


def run(programs: Path, crowd: Crowd) -> Known:
    """Runs it in a system of its own.

    Args:
        programs: Folder with the programs kafka and minio.
        crowd: Which.
    """
    with standing(programs, (Service.FEATURE_EXTRACTOR, Service.PREDICTOR)) as system:
        return asyncio.run(_known(system, crowd))


async def _known(system: Standing, crowd: Crowd) -> Known:
    before = system.cpu()
    await _fill(system.kafka, batches(People(crowd.users), PARTITIONS, RECORD_EVENTS))
    await _until_done(system.kafka)
    after = system.cpu()
    await asyncio.sleep(SETTLE_S)
    objects = ObjectStore(load(ObjectStoreSettings, system.stack.environment))
    await objects.start()
    try:
        store = {group: float(await _state_bytes(objects, group)) for group in GROUPS}
    finally:
        await objects.stop()
    return Known(
        name=crowd.name,
        fitted=crowd.fitted,
        users=crowd.users,
        events=crowd.users * EVENTS_A_USER,
        vectors=_vectors(system),
        cpu_s={name: after[name] - used for name, used in before.items()},
        resident=system.resident(),
        store_bytes=store,
        redis_bytes=_redis_bytes(system.redis_port),
    )


async def _fill(bootstrap: str, records: Iterable[Batch]) -> None:
    """Writes records of activity."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, linger_ms=5, max_batch_size=1 << 19)
    await producer.start()
    try:
        for record in records:
            headers = [(name, value.encode()) for name, value in _attributes(record).items()]
            await producer.send(ACTIVITY_OBSERVED.name, record.value, partition=record.partition, headers=headers)
        await producer.flush()
    finally:
        await producer.stop()


def _attributes(record: Batch) -> dict[str, str]:
    return {
        "ce_specversion": SPEC_VERSION,
        "ce_id": record.id,
        "ce_type": ACTIVITY_OBSERVED.type,
        "ce_source": "/resonance/gateway/capacity",
        "ce_time": ce_time(record.watermark_us),
        "content-type": CONTENT_TYPE,
        "traceparent": TRACE,
    }


async def _until_done(bootstrap: str) -> None:
    """Waits until each group has committed all of its topic, and the topic did not grow meanwhile."""
    admin, consumer = AIOKafkaAdminClient(bootstrap_servers=bootstrap), AIOKafkaConsumer(bootstrap_servers=bootstrap)
    await admin.start()
    await consumer.start()
    try:
        deadline = time.monotonic() + WAIT_S
        for group, topic in GROUPS.items():
            places = [TopicPartition(topic.name, number) for number in range(PARTITIONS)]
            while True:
                ends = await consumer.end_offsets(places)
                committed = await admin.list_consumer_group_offsets(group, partitions=places)
                if all(committed[place].offset >= end > 0 for place, end in ends.items()):
                    break
                if time.monotonic() > deadline:
                    raise RuntimeError(f"The group {group} was not done after {WAIT_S:.0f} s.")
                await asyncio.sleep(0.5)
    finally:
        await consumer.stop()
        await admin.close()


async def _state_bytes(objects: ObjectStore, group: str) -> int:
    keys = await objects.list(STATE_BUCKET, f"{group}/")
    return sum([len(await objects.get(STATE_BUCKET, key)) for key in keys])


def _vectors(system: Standing) -> int:
    with urllib.request.urlopen(f"{system.stack.url(Service.PREDICTOR)}/metrics", timeout=10) as answer:  # noqa: S310 - loopback
        found = re.search(r"^resonance_predictor_vectors_total (\S+)$", answer.read().decode(), re.MULTILINE)
    return int(float(found[1])) if found else 0


def _redis_bytes(port: int) -> float:
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(b"INFO memory\r\n")
        said = connection.recv(1 << 16).decode()
    found = re.search(r"^used_memory:(\d+)", said, re.MULTILINE)
    return float(found[1]) if found else 0.0
