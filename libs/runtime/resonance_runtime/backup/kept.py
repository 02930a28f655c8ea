"""Keyed state in a backup: the newest snapshot of each partition, as one file."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Final

import msgspec

from resonance_runtime.backup.folder import BrokenBackup
from resonance_runtime.objects import STATE_BUCKET, ObjectStore
from resonance_runtime.snapshots import Piece, Snapshot, SnapshotLog

FOLDER: Final = "state/"
_KEY: Final = re.compile(r"([^/]+/[^/]+/of-[1-9]\d{0,2}/\d+)/\d{20}")
_FILE: Final = re.compile(r"state/([^/]+)/([^/]+)/of-([1-9]\d{0,2})/(\d+)")


class _File(msgspec.Struct):
    next_offset: int
    header: bytes
    shards: dict[int, list[bytes]]


async def kept(objects: ObjectStore) -> AsyncIterator[tuple[str, bytes]]:
    """Every partition's state, as name and content of a file.

    Raises:
        BrokenSnapshot: State is damaged.
        Unavailable: The store does not answer.
    """
    keys = await objects.list(STATE_BUCKET, "")
    for prefix in sorted({found[1] for key in keys if (found := _KEY.fullmatch(key))}):
        snapshot = await SnapshotLog(objects, f"{prefix}/").restore()
        if snapshot is not None:
            yield (
                f"{FOLDER}{prefix}",
                msgspec.msgpack.encode(_File(snapshot.next_offset, snapshot.header, snapshot.shards)),
            )


def place_of(name: str) -> tuple[str, str, int, int]:
    """Group, topic, its number of partitions, and partition, of a file of state.

    Raises:
        BrokenBackup: It is none.
    """
    found = _FILE.fullmatch(name)
    if found is None:
        raise BrokenBackup(f"{name!r} is no name of a file of state.")
    return found[1], found[2], int(found[3]), int(found[4])


def snapshot_of(name: str, data: bytes) -> Snapshot:
    """A snapshot from its file.

    Raises:
        BrokenBackup: It is none.
    """
    try:
        file = msgspec.msgpack.decode(data, type=_File)
    except msgspec.DecodeError as error:
        raise BrokenBackup(f"{name} holds no state: {error}.") from error
    return Snapshot(file.next_offset, file.header, file.shards)


async def write_again(objects: ObjectStore, prefix: str, snapshot: Snapshot) -> None:
    """Writes a snapshot where there is none, piece by piece as it was.

    Raises:
        Conflict: Somebody else writes there.
        Unavailable: The store does not answer.
    """
    await objects.delete(STATE_BUCKET, await objects.list(STATE_BUCKET, prefix))
    log = SnapshotLog(objects, prefix)
    for at in range(max((len(pieces) for pieces in snapshot.shards.values()), default=1)):
        layer = {shard: Piece(pieces[at], at == 0) for shard, pieces in snapshot.shards.items() if at < len(pieces)}
        await log.write(snapshot.next_offset, snapshot.header, layer)
