"""Restores a backup to a cluster and a store that are empty, or goes on with a restore that was interrupted."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from aiokafka import TopicPartition

from resonance_contracts.topics import BY_NAME
from resonance_runtime.backup import kept
from resonance_runtime.backup.chunks import Chunk, chunks
from resonance_runtime.backup.documents import Manifest
from resonance_runtime.backup.folder import BrokenBackup, inside
from resonance_runtime.backup.taking import ERASURES, MODELS, TOPICS, Tell, in_words, naming, verify
from resonance_runtime.backup.target import NAMES, Target
from resonance_runtime.backup.translation import Translation
from resonance_runtime.errors import RuntimeFault
from resonance_runtime.objects import MODELS_BUCKET, STATE_BUCKET, ObjectStore
from resonance_runtime.partitions import KEYED
from resonance_runtime.places import RESTORING, Place
from resonance_runtime.snapshots import Snapshot

AT_ONCE: Final = 4
"""Partitions that are written at the same time: bounds memory."""


class NotEmpty(RuntimeFault):
    """There is something where a backup should be restored to; the text says what. Nothing was changed."""


@dataclass(frozen=True, slots=True)
class Restoring:
    """One run.

    Attributes:
        folder: Where the backup is.
        tell: Called with a sentence for people at each step.
    """

    target: Target
    objects: ObjectStore
    folder: Path
    tell: Tell
    _translations: dict[tuple[str, int], Translation] = field(default_factory=dict)

    async def run(self) -> Manifest:
        """Restores all of it; returns what it held.

        Raises:
            BrokenBackup: A file is missing or damaged. Nothing was changed.
            NotEmpty: There is something already.
            RuntimeFault: Broker or store failed; the same call goes on where this one ended.
        """
        began = time.monotonic()
        manifest = await asyncio.to_thread(verify, self.folder)
        ends = manifest.cut.ends
        if foreign := [name for name in ends if name not in NAMES]:
            raise BrokenBackup(f"This version does not know {', '.join(foreign)}: restore with the one that made this.")
        self.tell(f"The backup of {in_words(manifest.cut.cut_us)} is whole.")
        written = await self._begin(manifest)
        await self._topics(ends, written)
        self.tell(f"{sum(manifest.records.values()):,} records are on {len(ends)} topics.")
        await self._models(manifest.files)
        await self._state(manifest.files)
        await self._offsets(manifest)
        await self._erase()
        await self.objects.delete(STATE_BUCKET, self._marks(manifest))
        self.tell(f"Restored in {time.monotonic() - began:.0f} s. Start the services.")
        return manifest

    async def _begin(self, manifest: Manifest) -> dict[str, list[int]]:
        """Marks the target as being restored to; returns how many records are there of an earlier run."""
        ends, mine = manifest.cut.ends, manifest.cut.id.encode()
        marks = self._marks(manifest)
        keys = await self.objects.list(STATE_BUCKET, "")
        again = all([key in keys and await self.objects.get(STATE_BUCKET, key) == mine for key in marks])
        present = await self.target.ends(await self.target.names())
        if not again:
            self._refuse(present, keys, await self.objects.list(MODELS_BUCKET, ""))
        sharded = {len(offsets) for topic, offsets in ends.items() if topic in BY_NAME and BY_NAME[topic].sharded}
        if len(sharded) != 1:
            raise BrokenBackup(f"The topics of the backup have {sorted(sharded)} partitions; expected one number.")
        if other := [name for name in present if name in ends and len(present[name]) != len(ends[name])]:
            raise NotEmpty(
                f"{other[0]} has {len(present[other[0]])} partitions here, and {len(ends[other[0]])} in the backup. "
                f"Remove the topics: they are made as they were, and RESONANCE_PARTITIONS should be {min(sharded)}."
            )
        for mark in marks:
            await self.objects.put(STATE_BUCKET, mark, mine)
        await self.target.create(min(sharded), {name: len(offsets) for name, offsets in ends.items()})
        return await self.target.ends(list(ends))

    def _refuse(self, present: dict[str, list[int]], state: Collection[str], models: Collection[str]) -> None:
        found = [f"the topic {name}" for name, ends in present.items() if any(ends)]
        found += [f"{STATE_BUCKET}/{key}" for key in list(state)[:1]] + [
            f"{MODELS_BUCKET}/{key}" for key in list(models)[:1]
        ]
        if found:
            raise NotEmpty(
                f"There is something already: {', '.join(found[:3])}. Restore to a cluster and a store without topics "
                "and objects of Resonance, with no service running."
            )

    def _marks(self, manifest: Manifest) -> list[str]:
        """Objects that keep services from beginning in the middle of it."""
        places = KEYED | {kept.place_of(name)[:2] for name in manifest.cut.files}
        return [f"{group}/{topic}/{RESTORING}" for group, topic in sorted(places)]

    async def _topics(self, ends: Mapping[str, Sequence[int]], written: Mapping[str, Sequence[int]]) -> None:
        turns = asyncio.Semaphore(AT_ONCE)
        try:
            async with asyncio.TaskGroup() as group:
                for topic, partitions in ends.items():
                    for partition in range(len(partitions)):
                        group.create_task(self._records(turns, topic, partition, written[topic][partition]))
        except* RuntimeFault as faults:
            raise faults.exceptions[0] from None

    async def _records(self, turns: asyncio.Semaphore, topic: str, partition: int, there: int) -> None:
        """Writes what is missing of a partition."""
        translation = self._translations[topic, partition] = Translation()
        for chunk in chunks(self.folder / TOPICS / topic / str(partition)):
            async with turns:
                entries = await asyncio.to_thread(chunk.entries)
                before = translation.count
                for entry in entries:
                    translation.take(entry.offset)
                if translation.count > there:
                    await self.target.write(topic, partition, entries[max(0, there - before) :])
        if there > translation.count:
            raise NotEmpty(f"{topic}/{partition} holds more records than the backup: somebody else writes there.")

    async def _models(self, files: Collection[str]) -> None:
        """What is named before what names it."""
        names = [name.removeprefix(MODELS) for name in files if name.startswith(MODELS)]
        for key in sorted(names, key=naming, reverse=True):
            await self.objects.put(
                MODELS_BUCKET, key, await asyncio.to_thread(inside(self.folder, MODELS + key).read_bytes)
            )
        self.tell(f"{len(names)} objects of models are restored.")

    async def _state(self, files: Collection[str]) -> None:
        names = [name for name in files if name.startswith(kept.FOLDER)]
        for name in names:
            group, topic, partitions, partition = kept.place_of(name)
            old = kept.snapshot_of(name, await asyncio.to_thread(inside(self.folder, name).read_bytes))
            at = self._translations[topic, partition].of(old.next_offset)
            place = Place(group, topic, partitions)
            await kept.write_again(self.objects, place.of(partition), Snapshot(at, old.header, old.shards))
        self.tell(f"State of {len(names)} partitions is restored.")

    async def _offsets(self, manifest: Manifest) -> None:
        for group, by_topic in manifest.cut.committed.items():
            offsets = {
                TopicPartition(topic, partition): self._translations[topic, partition].of(offset)
                for topic, partitions in by_topic.items()
                for partition, offset in enumerate(partitions)
                if offset >= 0
            }
            await self.target.commit(group, offsets)
        self.tell(f"{len(manifest.cut.committed)} groups go on where they were.")

    async def _erase(self) -> None:
        entries = [entry for chunk in self._later() for entry in chunk.entries()]
        if entries:
            await self.target.erase(entries)
        self.tell(f"{len(entries)} erasures came after the backup and are told again.")

    def _later(self) -> Iterator[Chunk]:
        yield from chunks(self.folder / ERASURES)
