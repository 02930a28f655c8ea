"""The two documents of a backup: where it ends, and what it holds."""

from __future__ import annotations

from pathlib import Path
from typing import Final, TypeVar

import msgspec

from resonance_runtime.backup.folder import BrokenBackup, write

FORMAT: Final = 1
CUT: Final = "cut.json"
MANIFEST: Final = "manifest.json"

_T = TypeVar("_T", "Cut", "Manifest")


class Cut(msgspec.Struct, frozen=True):
    """Where a backup ends.

    Attributes:
        id: Of the backup.
        cut_us: When the ends of topics were asked for, microseconds since the epoch: what came later is not in it.
        ends: Offset after the last record of each partition, by topic.
        committed: Next offset of each partition, by group and topic; -1 where a group has none.
        files: SHA-256 of each file of state, by its name.
    """

    id: str
    cut_us: int
    ends: dict[str, list[int]]
    committed: dict[str, dict[str, list[int]]]
    files: dict[str, str]
    format: int = FORMAT


class Manifest(msgspec.Struct, frozen=True):
    """What a backup holds.

    Attributes:
        cut: Where it ends.
        files: SHA-256 of each file, by its name; of state, records and models.
        records: How many records there are, by topic.
        took_s: How long it took, seconds.
    """

    cut: Cut
    files: dict[str, str]
    records: dict[str, int]
    took_s: float
    format: int = FORMAT


def write_document(folder: Path, name: str, document: Cut | Manifest) -> None:
    """Writes a document of a backup."""
    write(folder / name, msgspec.json.format(msgspec.json.encode(document), indent=1))


def read_document(folder: Path, name: str, kind: type[_T]) -> _T | None:
    """A document of a backup; None where there is none.

    Raises:
        BrokenBackup: It is not one, or of a later format.
    """
    try:
        found = msgspec.json.decode((folder / name).read_bytes(), type=kind)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.DecodeError) as error:
        raise BrokenBackup(f"{folder / name} cannot be read: {error}.") from error
    if found.format != FORMAT:
        raise BrokenBackup(f"{folder / name} has format {found.format}; this version reads format {FORMAT}.")
    return found
