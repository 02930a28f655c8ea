"""Makes a backup, or goes on with one that was interrupted."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from secrets import token_hex
from typing import Final

from resonance_contracts.topics import USERS_ERASED
from resonance_runtime.backup import kept
from resonance_runtime.backup.chunks import Chunk, chunks
from resonance_runtime.backup.documents import CUT, MANIFEST, Cut, Manifest, read_document, write_document
from resonance_runtime.backup.folder import BrokenBackup, digest, inside, write
from resonance_runtime.backup.source import Source
from resonance_runtime.errors import RuntimeFault
from resonance_runtime.objects import MODELS_BUCKET, ObjectStore
from resonance_runtime.wall_clock import now_us

TOPICS: Final = "topics/"
MODELS: Final = "models/"
ERASURES: Final = "erasures"

_ALIAS: Final = re.compile(r"models/[^/]+/aliases/[^/]+\.json")

Tell = Callable[[str], None]


class NoRoom(RuntimeFault):
    """The folder is not one that a backup can be made in; the text says why."""


@dataclass(frozen=True, slots=True)
class Taking:
    """One run.

    Attributes:
        folder: Where it is made.
        tell: Called with a sentence for people at each step.
    """

    source: Source
    objects: ObjectStore
    folder: Path
    tell: Tell

    async def run(self) -> Manifest:
        """Makes the backup; returns what it holds.

        Raises:
            NoRoom: There is something else in the folder, or a backup that is whole.
            RuntimeFault: Broker or store failed; the same call goes on where this one ended.
        """
        began = time.monotonic()
        if (self.folder / MANIFEST).exists():
            raise NoRoom(f"{self.folder} holds a whole backup: name another folder.")
        cut = read_document(self.folder, CUT, Cut)
        if cut is None:
            cut = await self._cut()
        else:
            self.tell(f"Going on with the backup of {in_words(cut.cut_us)}.")
        files, records = dict(cut.files), dict[str, int]()
        begins = await self.source.begins([*cut.ends])
        for topic, ends in cut.ends.items():
            found, records[topic] = await self._copy(topic, begins[topic], ends)
            files |= found
        files |= await self._models()
        manifest = Manifest(cut, files, records, time.monotonic() - began)
        write_document(self.folder, MANIFEST, manifest)
        self.tell(f"A backup as of {in_words(cut.cut_us)}: {sum(records.values()):,} records, {len(files):,} files.")
        return manifest

    async def erasures(self) -> int:
        """Adds who was erased since to a backup that is whole; returns how many records that are by now.

        Raises:
            NoRoom: There is no whole backup.
        """
        manifest = read_document(self.folder, MANIFEST, Manifest)
        if manifest is None:
            raise NoRoom(f"{self.folder} holds no whole backup: erasures are added to one.")
        folder, topic = self.folder / ERASURES, USERS_ERASED.name
        known = chunks(folder)
        at = known[-1].next if known else manifest.cut.ends[topic][0]
        end = (await self.source.ends([topic]))[topic][0]
        if end < at:
            raise NoRoom(f"{topic} ends before this backup does: it is not of this cluster, or it was restored since.")
        added = [Chunk.written(folder, held) async for held in self.source.records(topic, 0, at, end)]
        return sum(chunk.count() for chunk in [*known, *added])

    async def _cut(self) -> Cut:
        """State first, then offsets of groups, then ends: what is in the backup has its causes in it."""
        if self.folder.exists() and any(path.name != "state" for path in self.folder.iterdir()):
            raise NoRoom(f"{self.folder} is not empty, and what is in it is no backup that was begun.")
        files = {}
        async for name, data in kept.kept(self.objects):
            write(inside(self.folder, name), data)
            files[name] = sha256(data).hexdigest()
        names = await self.source.names()
        if not names:
            raise NoRoom("The cluster has no topics of Resonance: there is nothing to back up.")
        committed = await self.source.committed(names)
        cut_us = now_us()
        cut = Cut(token_hex(8), cut_us, await self.source.ends(names), committed, files)
        write_document(self.folder, CUT, cut)
        self.tell(f"State of {len(files)} partitions is copied. The backup ends at {in_words(cut_us)}.")
        return cut

    async def _copy(self, topic: str, begins: list[int], ends: list[int]) -> tuple[dict[str, str], int]:
        """Copies a topic up to its ends; files that are there already are kept. Returns files and number of records."""
        files, records = {}, 0
        for partition, end in enumerate(ends):
            folder = self.folder / TOPICS / topic / str(partition)
            found = chunks(folder)
            at = max(found[-1].next if found else 0, begins[partition])
            read = self.source.records(topic, partition, at, end)
            found += [Chunk.written(folder, held) async for held in read]
            for chunk in found:
                files[str(chunk.path.relative_to(self.folder))] = chunk.sha256
                records += chunk.count()
        if records:
            self.tell(f"{topic}: {records:,} records.")
        return files, records

    async def _models(self) -> dict[str, str]:
        """What names before what is named: each time the bucket is listed anew, so that the named is there."""
        files = dict[str, str]()
        for turn in range(3):
            for key in await self.objects.list(MODELS_BUCKET, ""):
                if naming(key) == turn:
                    data = await self.objects.get(MODELS_BUCKET, key)
                    write(inside(self.folder, MODELS + key), data)
                    files[MODELS + key] = sha256(data).hexdigest()
        return files


def naming(key: str) -> int:
    """0 for an alias, 1 for its history and whatever else there is, 2 for versions, which name nothing."""
    return 0 if _ALIAS.fullmatch(key) else 2 if "/versions/" in key else 1


def verify(folder: Path) -> Manifest:
    """What a backup holds, if every file of it is what it should be.

    Raises:
        BrokenBackup: One is not, or there is no whole backup.
    """
    manifest = read_document(folder, MANIFEST, Manifest)
    if manifest is None:
        raise BrokenBackup(f"{folder} holds no whole backup: there is no {MANIFEST}.")
    for name, wanted in manifest.files.items():
        if digest(inside(folder, name)) != wanted:
            raise BrokenBackup(f"{folder / name} is damaged: its hash is not the one in {MANIFEST}.")
    return manifest


def in_words(time_us: int) -> str:
    """A time, RFC 3339."""
    return datetime.fromtimestamp(time_us / 1e6, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
