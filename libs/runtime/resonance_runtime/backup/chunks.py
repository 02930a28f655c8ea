"""Files of records: one after the other, in order, as MessagePack; the name says which they are and their hash."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Final, Self

import msgspec

from resonance_runtime.backup.folder import BrokenBackup, write

CHUNK_BYTES: Final = 8 * 1024 * 1024
"""Keys, values and headers of a file of records, about; bounds the memory of both ways."""

_NAME: Final = re.compile(r"(\d{20})-(\d{20})\.([0-9a-f]{64})")


class Entry(msgspec.Struct, frozen=True, array_like=True):
    """One record as it lay on its topic.

    Attributes:
        offset: Where.
        time_ms: Its time, milliseconds since the epoch.
        value: Content; None removes what a compacted topic keeps under the key.
    """

    offset: int
    time_ms: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes | None], ...]

    @property
    def size(self) -> int:
        """Bytes, about."""
        return len(self.key or b"") + len(self.value or b"") + sum(len(k) + len(v or b"") for k, v in self.headers)


@dataclass(frozen=True, slots=True)
class Chunk:
    """A file of records that is whole.

    Attributes:
        first, next: Offsets of its first record, and after its last one.
        sha256: Of the file.
        held: How many records it has; None where it was not counted yet.
    """

    path: Path
    first: int
    next: int
    sha256: str
    held: int | None = None

    @classmethod
    def written(cls, folder: Path, entries: Sequence[Entry]) -> Self:
        """Writes records into a folder; a file that is not whole never has its name."""
        data = msgspec.msgpack.encode(entries)
        first, until, digest = entries[0].offset, entries[-1].offset + 1, sha256(data).hexdigest()
        path = folder / f"{first:020d}-{until:020d}.{digest}"
        write(path, data)
        return cls(path, first, until, digest, len(entries))

    def count(self) -> int:
        """How many records it has; errors as `entries`."""
        return len(self.entries()) if self.held is None else self.held

    def entries(self) -> list[Entry]:
        """Its records.

        Raises:
            BrokenBackup: The file is not what its name says.
        """
        data = self.path.read_bytes()
        if sha256(data).hexdigest() != self.sha256:
            raise BrokenBackup(f"{self.path} is damaged: its content does not have the hash in its name.")
        try:
            return msgspec.msgpack.decode(data, type=list[Entry])
        except msgspec.DecodeError as error:
            raise BrokenBackup(f"{self.path} holds no records: {error}.") from error


def chunks(folder: Path) -> list[Chunk]:
    """The files of records in a folder, in order.

    Raises:
        BrokenBackup: Two of them hold the same records.
    """
    found = sorted(_chunks(folder), key=lambda chunk: chunk.first)
    for one, other in pairwise(found):
        if other.first < one.next:
            raise BrokenBackup(f"{one.path} and {other.path} hold the same records: remove one of them.")
    return found


def _chunks(folder: Path) -> Iterator[Chunk]:
    for path in folder.iterdir() if folder.is_dir() else ():
        if found := _NAME.fullmatch(path.name):
            yield Chunk(path, int(found[1]), int(found[2]), found[3])
