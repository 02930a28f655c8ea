"""Arrays from a store that others can write to: numbers come out, and nothing else happens."""

from __future__ import annotations

import io
import os
import pickle
import struct
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pytest

from resonance_modeling.arrays import read_arrays
from resonance_modeling.errors import InvalidArtifact

MANY = 1_000_000


def npz(**arrays: object) -> bytes:
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()


class Payload:
    """Runs a command when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, (str(self.mark),)


def test_gives_back_what_was_packed() -> None:
    values, names = np.arange(6.0).reshape(2, 3), np.array(["live", "replay:1"])
    found = read_arrays(npz(values=values, names=names), MANY)
    assert list(found) == ["values", "names"]
    np.testing.assert_array_equal(found["values"], values)
    np.testing.assert_array_equal(found["names"], names)


def test_objects_are_refused_and_not_unpickled(tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    with pytest.raises(InvalidArtifact, match="allow_pickle=False"):
        read_arrays(npz(values=np.array([Payload(mark)], dtype=object)), MANY)
    with pytest.raises(InvalidArtifact, match="not a zip file"):
        read_arrays(pickle.dumps(Payload(mark)), MANY)
    rolled = io.BytesIO()
    with zipfile.ZipFile(rolled, "w") as packed:
        packed.writestr("values.npy", pickle.dumps(Payload(mark)))
    with pytest.raises(InvalidArtifact, match="magic string"):
        read_arrays(rolled.getvalue(), MANY)
    assert not mark.exists()


def test_a_file_that_swells_is_not_unpacked() -> None:
    bomb = npz(values=np.zeros(50 * MANY))
    assert len(bomb) < MANY
    with pytest.raises(InvalidArtifact, match="'values' is one too many"):
        read_arrays(bomb, MANY)


def test_many_files_that_swell_together_are_not_unpacked() -> None:
    with pytest.raises(InvalidArtifact, match="'c' is one too many"):
        read_arrays(npz(**{name: np.zeros(50_000) for name in "abcd"}), MANY)


@pytest.mark.parametrize("size", [2**60, 2**33, 1])
def test_an_array_that_claims_to_be_larger_than_it_is_is_refused(size: int) -> None:
    header = f"{{'descr': '<f8', 'fortran_order': False, 'shape': ({size},), }}\n".encode()
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as packed:
        packed.writestr("values.npy", b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header)
    with pytest.raises(InvalidArtifact, match="but there are 0"):
        read_arrays(file.getvalue(), MANY)


def test_an_array_that_is_there_twice_is_refused() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as packed, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for value in (1.0, 2.0):
            one = io.BytesIO()
            np.save(one, np.array([value]))
            packed.writestr("values.npy", one.getvalue())
    with pytest.raises(InvalidArtifact, match="'values' is there twice"):
        read_arrays(file.getvalue(), MANY)


@pytest.mark.parametrize("cut", [0, 1, 30, -30, -1])
def test_what_was_cut_is_refused(cut: int) -> None:
    with pytest.raises(InvalidArtifact):
        read_arrays(npz(values=np.arange(1000.0))[:cut], MANY)
