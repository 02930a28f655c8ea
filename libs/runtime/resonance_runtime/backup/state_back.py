"""Takes state back to what a backup has of it, where topics go on as they are.

For a version that cannot read what a later one kept. What came since is read again from the topics, under the same ids.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

from resonance_runtime.backup import kept
from resonance_runtime.backup.folder import inside
from resonance_runtime.backup.source import Source
from resonance_runtime.backup.taking import Tell, in_words, verify
from resonance_runtime.errors import RuntimeFault
from resonance_runtime.objects import STATE_BUCKET, ObjectStore
from resonance_runtime.places import Place
from resonance_runtime.snapshots import Snapshot


class NotNow(RuntimeFault):
    """State cannot be taken back; the text says why. Nothing was changed."""


@dataclass(frozen=True, slots=True)
class StateBack:
    """One run.

    Attributes:
        folder: Where the backup is.
        tell: Called with a sentence for people at each step.
    """

    source: Source
    objects: ObjectStore
    folder: Path
    tell: Tell

    async def run(self) -> None:
        """Takes the state of all groups back.

        Raises:
            BrokenBackup: A file is missing or damaged.
            NotNow: A service runs, or the topics do not hold what came since.
            RuntimeFault: Broker or store failed; the same call does it again.
        """
        manifest = await asyncio.to_thread(verify, self.folder)
        found = {name: await self._snapshot(name) for name in manifest.files if name.startswith(kept.FOLDER)}
        groups = {kept.place_of(name)[0] for name in found}
        if members := await self.source.members(groups):
            raise NotNow(f"{', '.join(sorted(members))} runs: stop all services that keep state.")
        await self._look(found)
        again = 0
        ends = await self.source.ends([*{kept.place_of(name)[1] for name in found}])
        for name, snapshot in found.items():
            group, topic, partitions, partition = kept.place_of(name)
            await kept.write_again(self.objects, Place(group, topic, partitions).of(partition), snapshot)
            again += ends[topic][partition] - snapshot.next_offset
        await self._remove_others(found)
        self.tell(
            f"State of {len(found)} partitions is that of {in_words(manifest.cut.cut_us)} again; "
            f"{again:,} records are read again. Start the services."
        )

    async def _snapshot(self, name: str) -> Snapshot:
        return kept.snapshot_of(name, await asyncio.to_thread(inside(self.folder, name).read_bytes))

    async def _look(self, found: dict[str, Snapshot]) -> None:
        """Whether each partition's topic goes on from where its state ends."""
        topics = [*{kept.place_of(name)[1] for name in found}]
        begins, ends = await self.source.begins(topics), await self.source.ends(topics)
        for name, snapshot in found.items():
            _, topic, partitions, partition = kept.place_of(name)
            if len(ends[topic]) != partitions:
                raise NotNow(f"{topic} has {len(ends[topic])} partitions, and had {partitions} in the backup.")
            if not begins[topic][partition] <= snapshot.next_offset <= ends[topic][partition]:
                raise NotNow(
                    f"{topic}/{partition} holds {begins[topic][partition]} to {ends[topic][partition]}, and the backup "
                    f"goes on from {snapshot.next_offset}: records between are gone, or this is another cluster."
                )

    async def _remove_others(self, found: dict[str, Snapshot]) -> None:
        """Removes state of partitions that had none: they are read from their beginning."""
        mine = tuple(f"{name.removeprefix(kept.FOLDER)}/" for name in found)
        groups = {kept.place_of(name)[:2] for name in found}
        keys = [
            key
            for group, topic in groups
            for key in await self.objects.list(STATE_BUCKET, f"{group}/{topic}/")
            if not key.startswith(mine)
        ]
        await self.objects.delete(STATE_BUCKET, keys)
