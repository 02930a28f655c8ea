"""A backup of a real Kafka and a real store, restored to where everything was destroyed."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete

from resonance_contracts.pb.resonance.v1.people_pb2 import UserErased
from resonance_contracts.topics import (
    ACTIVITY_OBSERVED,
    FEATURES_COMPUTED,
    INCIDENTS_CHANGED,
    USERS_ERASED,
    Service,
)
from resonance_runtime.backup import source as sources
from resonance_runtime.backup.chunks import Entry
from resonance_runtime.backup.restoring import Restoring
from resonance_runtime.backup.source import Source
from resonance_runtime.backup.taking import Taking
from resonance_runtime.backup.target import Target
from resonance_runtime.errors import Unavailable
from resonance_runtime.objects import BUCKETS, MODELS_BUCKET, STATE_BUCKET, ObjectStore
from resonance_runtime.places import Misplaced, Place
from resonance_runtime.settings import ObjectStoreSettings, RuntimeSettings, load
from resonance_runtime.snapshots import Piece, Snapshot, SnapshotLog
from resonance_runtime.topics import create
from tests.support.addresses import external

pytestmark = [
    pytest.mark.kafka,
    pytest.mark.skipif(external() is None, reason="needs the real Kafka and MinIO that `make test-kafka` starts"),
]

PARTITIONS = 4
GONE = 40
"""Records at the beginning that retention removed."""
STATE = Place(Service.PREDICTOR, FEATURES_COMPUTED.name, PARTITIONS)
ALIAS, VERSION = "models/m/aliases/champion.json", "models/m/versions/1/manifest.json"


class Settings(RuntimeSettings, ObjectStoreSettings):
    """Where broker and store are."""


@dataclass
class System:
    """A cluster and a store."""

    settings: Settings
    objects: ObjectStore
    producer: AIOKafkaProducer

    async def send(self, topic: str, partition: int, number: int, value: bytes | None = b"v") -> None:
        headers = [("ce_id", f"{topic}/{number}".encode())]
        await self.producer.send_and_wait(
            topic,
            value,
            f"k{number}".encode(),
            partition=partition,
            timestamp_ms=now_ms() - 1000 + number,
            headers=headers,
        )

    async def read(self, topic: str) -> dict[int, list[Entry]]:
        """All records of a topic, by partition."""
        async with Source(self.settings) as source:
            begins, ends = (await source.begins([topic]))[topic], (await source.ends([topic]))[topic]
            return {
                p: [entry async for held in source.records(topic, p, begins[p], end) for entry in held]
                for p, end in enumerate(ends)
            }

    async def committed(self, group: str, topic: str, partition: int) -> int:
        consumer = AIOKafkaConsumer(bootstrap_servers=self.settings.kafka_bootstrap, group_id=group)
        await consumer.start()
        try:
            found = await consumer.committed(TopicPartition(topic, partition))
            return -1 if found is None else int(found)
        finally:
            await consumer.stop()

    async def commit(self, group: str, topic: str, partition: int, offset: int) -> None:
        async with Target(self.settings) as target:
            await target.commit(group, {TopicPartition(topic, partition): offset})

    async def fill(self) -> None:
        """Records of which the first are gone, state, models, and a group in the middle of its work."""
        for partition in (0, 1):
            await asyncio.gather(*(self.send(FEATURES_COMPUTED.name, partition, number) for number in range(100)))
        await asyncio.gather(*(self.send(ACTIVITY_OBSERVED.name, 3, number) for number in range(200)))
        await self.send(INCIDENTS_CHANGED.name, 0, 1)
        await self.send(INCIDENTS_CHANGED.name, 0, 1, None)
        admin = AIOKafkaAdminClient(bootstrap_servers=self.settings.kafka_bootstrap)
        await admin.start()
        await admin.delete_records({TopicPartition(FEATURES_COMPUTED.name, 0): RecordsToDelete(before_offset=GONE)})
        await admin.close()
        await self.commit("xai", FEATURES_COMPUTED.name, 0, 60)
        log = SnapshotLog(self.objects, STATE.of(0))
        await log.write(50, b"header", {0: Piece(b"whole", True), 4: Piece(b"other", True)})
        await log.write(70, b"header 2", {0: Piece(b"appended", False)})
        await self.objects.put(MODELS_BUCKET, VERSION, b"a model")
        await self.objects.put(MODELS_BUCKET, ALIAS, b"1")

    async def destroy(self) -> None:
        """Removes every topic and object."""
        for bucket in BUCKETS:
            await self.objects.delete(bucket, await self.objects.list(bucket, ""))
        admin = AIOKafkaAdminClient(bootstrap_servers=self.settings.kafka_bootstrap)
        await admin.start()
        try:
            names = [name for name in await admin.list_topics() if name.startswith(sources.PREFIX)]
            if names:
                await admin.delete_topics(names)
            await until(lambda: _gone(admin))
        finally:
            await admin.close()

    async def back_up(self, folder: Path) -> list[str]:
        said: list[str] = []
        async with Source(self.settings) as source:
            await Taking(source, self.objects, folder, said.append).run()
        return said

    async def restore(self, folder: Path) -> list[str]:
        said: list[str] = []
        async with Target(self.settings) as target:
            await Restoring(target, self.objects, folder, said.append).run()
        return said


def now_ms() -> int:
    return time.time_ns() // 1_000_000


async def _gone(admin: AIOKafkaAdminClient) -> bool:
    return not [name for name in await admin.list_topics() if name.startswith(sources.PREFIX)]


async def _shown(source: Source, names: list[str]) -> bool:
    return {*names} == {*await source.names()}


async def until(so: Callable[[], Awaitable[bool]]) -> None:
    deadline = time.monotonic() + 30
    while not await so():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.1)


@asynccontextmanager
async def system() -> AsyncIterator[System]:
    """Empty topics and buckets."""
    settings = load(Settings, {**os.environ, "RESONANCE_PARTITIONS": str(PARTITIONS)})
    objects = ObjectStore(settings)
    producer = AIOKafkaProducer(bootstrap_servers=settings.kafka_bootstrap)
    await objects.start()
    await producer.start()
    try:
        whole = System(settings, objects, producer)
        await whole.destroy()
        made = await create(settings)
        async with Source(settings) as source:
            await until(lambda: _shown(source, made))
        yield whole
        await whole.destroy()
    finally:
        await producer.stop()
        await objects.stop()


def content(entries: list[Entry]) -> list[tuple[Any, ...]]:
    return [(e.time_ms, e.key, e.value, e.headers) for e in entries]


async def test_what_was_destroyed_is_there_again_and_offsets_mean_what_they_meant(tmp_path: Path) -> None:
    async with system() as whole:
        await whole.fill()
        names = [FEATURES_COMPUTED.name, ACTIVITY_OBSERVED.name, INCIDENTS_CHANGED.name]
        before = {name: await whole.read(name) for name in names}
        await whole.back_up(tmp_path / "b")
        await whole.destroy()

        await whole.restore(tmp_path / "b")

        for name, partitions in before.items():
            after = await whole.read(name)
            assert {p: content(entries) for p, entries in after.items()} == {
                p: content(entries) for p, entries in partitions.items()
            }
        assert before[FEATURES_COMPUTED.name][0][0].offset == GONE
        assert await whole.committed("xai", FEATURES_COMPUTED.name, 0) == 60 - GONE
        restored = await SnapshotLog(whole.objects, STATE.of(0)).restore()
        assert restored == Snapshot(70 - GONE, b"header 2", {0: [b"whole", b"appended"], 4: [b"other"]})
        assert await whole.objects.get(MODELS_BUCKET, ALIAS) == b"1"
        assert await whole.objects.get(MODELS_BUCKET, VERSION) == b"a model"
        assert await STATE.find(whole.objects, 0) == STATE.of(0)


async def test_nothing_is_restored_over_anything(tmp_path: Path) -> None:
    async with system() as whole:
        await whole.fill()
        await whole.back_up(tmp_path / "b")
        before = await whole.read(FEATURES_COMPUTED.name)

        with pytest.raises(Exception, match="There is something already"):
            await whole.restore(tmp_path / "b")

        assert await whole.read(FEATURES_COMPUTED.name) == before


async def test_a_restore_that_was_interrupted_goes_on_and_nobody_begins_before_it_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with system() as whole:
        await whole.fill()
        before = await whole.read(FEATURES_COMPUTED.name)
        await whole.back_up(tmp_path / "b")
        await whole.destroy()
        write, calls = Target.write, 0

        async def interrupted(target: Target, topic: str, partition: int, entries: Any) -> None:
            nonlocal calls
            calls += 1
            if calls == 2:
                await write(target, topic, partition, entries[: len(entries) // 2])
                raise Unavailable("interrupted")
            await write(target, topic, partition, entries)

        monkeypatch.setattr(Target, "write", interrupted)
        with pytest.raises(Unavailable, match="interrupted"):
            await whole.restore(tmp_path / "b")
        monkeypatch.setattr(Target, "write", write)
        with pytest.raises(Misplaced, match="A backup is being restored"):
            await STATE.find(whole.objects, 0)

        await whole.restore(tmp_path / "b")

        after = await whole.read(FEATURES_COMPUTED.name)
        assert {p: content(entries) for p, entries in after.items()} == {
            p: content(entries) for p, entries in before.items()
        }
        assert await STATE.find(whole.objects, 0) == STATE.of(0)


async def test_a_backup_that_was_interrupted_goes_on_to_the_same_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with system() as whole:
        await whole.fill()
        read, calls = Source.records, 0

        def interrupted(source: Source, topic: str, partition: int, first: int, end: int) -> Any:
            nonlocal calls
            calls += 1
            if calls == 40:
                raise RuntimeError("interrupted")
            return read(source, topic, partition, first, end)

        monkeypatch.setattr(Source, "records", interrupted)
        with pytest.raises(RuntimeError, match="interrupted"):
            await whole.back_up(tmp_path / "b")
        monkeypatch.setattr(Source, "records", read)
        await whole.send(FEATURES_COMPUTED.name, 0, 1000)

        said = await whole.back_up(tmp_path / "b")

        assert said[0].startswith("Going on")
        await whole.destroy()
        await whole.restore(tmp_path / "b")
        assert len((await whole.read(FEATURES_COMPUTED.name))[0]) == 100 - GONE


async def test_who_was_erased_after_the_backup_is_erased_again_as_of_now(tmp_path: Path) -> None:
    async with system() as whole:
        await whole.fill()
        await whole.back_up(tmp_path / "b")
        erased = UserErased(user_key="u_1", erased_us=5, erasure_id="e_1").SerializeToString()
        await whole.send(USERS_ERASED.name, 0, 1, erased)
        for _ in range(2):
            async with Source(whole.settings) as source:
                assert await Taking(source, whole.objects, tmp_path / "b", lambda said: None).erasures() == 1
        await whole.destroy()
        began_us = time.time_ns() // 1000

        await whole.restore(tmp_path / "b")

        ((again,),) = (await whole.read(USERS_ERASED.name)).values()
        told = UserErased.FromString(again.value or b"")
        assert (told.user_key, told.erasure_id) == ("u_1", "e_1")
        assert told.erased_us >= began_us


async def test_the_commands_say_in_a_sentence_what_is_wrong(tmp_path: Path) -> None:
    async with system() as whole:
        await whole.fill()

        def command(module: str, *arguments: str) -> tuple[int, str]:
            words = [sys.executable, "-m", f"resonance_runtime.{module}", *arguments]
            done = subprocess.run(words, capture_output=True, text=True)
            return done.returncode, done.stdout + done.stderr

        folder = str(tmp_path / "b")
        assert "holds no whole backup" in command("restore", "--from", folder)[1]
        status, said = await asyncio.to_thread(command, "backup", "--to", folder)
        assert (status, "A backup as of" in said) == (0, True), said
        assert (await asyncio.to_thread(command, "restore", "--from", folder, "--verify"))[0] == 0
        status, said = await asyncio.to_thread(command, "backup", "--to", folder)
        assert (status, "name another folder" in said) == (1, True)
        status, said = await asyncio.to_thread(command, "restore", "--from", folder)
        assert (status, "There is something already" in said) == (1, True), said


async def test_topics_are_cut_before_what_they_follow_from() -> None:
    async with system() as whole, Source(whole.settings) as source:
        names = await source.names()

    assert names.index(FEATURES_COMPUTED.name) < names.index(ACTIVITY_OBSERVED.name)
    assert names.index(STATE.topic) > names.index("resonance.predictions.scored.v1")
    assert names[-1] == USERS_ERASED.name
    assert set(BUCKETS) == {MODELS_BUCKET, STATE_BUCKET}
