"""Files of a backup: whole or not there, and what is damaged is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from resonance_runtime.backup.chunks import Chunk, Entry, chunks
from resonance_runtime.backup.documents import MANIFEST, Cut, Manifest, read_document, write_document
from resonance_runtime.backup.folder import BrokenBackup, digest, inside
from resonance_runtime.backup.kept import place_of
from resonance_runtime.backup.taking import naming, verify

ENTRIES = [
    Entry(7, 1_700_000_000_000, b"k", b"v", (("ce_id", b"1"), ("empty", None))),
    Entry(9, 1_700_000_000_001, None, None, ()),
]


def a_backup(folder: Path) -> Chunk:
    chunk = Chunk.written(folder / "topics/t/0", ENTRIES)
    name = str(chunk.path.relative_to(folder))
    cut = Cut("1", 1, {"t": [10]}, {}, {})
    write_document(folder, MANIFEST, Manifest(cut, {name: chunk.sha256}, {"t": 2}, 0.1))
    return chunk


def test_records_are_read_back_as_they_were(tmp_path: Path) -> None:
    Chunk.written(tmp_path, ENTRIES)

    (chunk,) = chunks(tmp_path)

    assert (chunk.first, chunk.next) == (7, 10)
    assert chunk.entries() == ENTRIES


def test_a_file_that_is_not_whole_is_none(tmp_path: Path) -> None:
    (tmp_path / f"{Chunk.written(tmp_path, ENTRIES).path.name[:40]}.unfinished").write_bytes(b"half")

    assert len(chunks(tmp_path)) == 1


def test_a_damaged_file_is_named_before_anything_is_restored(tmp_path: Path) -> None:
    chunk = a_backup(tmp_path)
    assert verify(tmp_path).records == {"t": 2}

    chunk.path.write_bytes(chunk.path.read_bytes()[:-1])

    with pytest.raises(BrokenBackup, match=chunk.path.name):
        verify(tmp_path)
    with pytest.raises(BrokenBackup, match=chunk.path.name):
        chunk.entries()


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    chunk = a_backup(tmp_path)
    chunk.path.unlink()

    with pytest.raises(BrokenBackup, match=chunk.path.name):
        verify(tmp_path)


def test_a_folder_without_a_manifest_is_no_backup(tmp_path: Path) -> None:
    with pytest.raises(BrokenBackup, match="no whole backup"):
        verify(tmp_path)


def test_a_manifest_of_a_later_format_is_refused(tmp_path: Path) -> None:
    a_backup(tmp_path)
    text = (tmp_path / MANIFEST).read_text().replace('"format": 1', '"format": 2')
    (tmp_path / MANIFEST).write_text(text)

    with pytest.raises(BrokenBackup, match="format 2"):
        read_document(tmp_path, MANIFEST, Manifest)


def test_files_that_hold_the_same_records_are_refused(tmp_path: Path) -> None:
    Chunk.written(tmp_path, ENTRIES)
    Chunk.written(tmp_path, ENTRIES[1:])

    with pytest.raises(BrokenBackup, match="the same records"):
        chunks(tmp_path)


def test_no_name_leads_out_of_the_folder(tmp_path: Path) -> None:
    with pytest.raises(BrokenBackup):
        inside(tmp_path, "../elsewhere")
    with pytest.raises(BrokenBackup):
        place_of("state/../../x")


def test_what_names_is_read_before_what_is_named() -> None:
    keys = [
        "models/a/versions/1/manifest.json",
        "models/a/aliases/champion/history/1.json",
        "models/a/aliases/champion.json",
    ]
    assert sorted(keys, key=naming) == keys[::-1]
    assert len(digest(Path(__file__))) == 64
