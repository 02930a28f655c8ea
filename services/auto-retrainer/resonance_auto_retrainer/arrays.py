"""Arrays of numbers in NumPy's format `.npz`, and facts beside them as JSON; never pickle.

The same arrays and facts give the same bytes. What is read is checked before it is unpacked: what the archive says it
holds must be what is expected, and no more than a bound.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Collection, Mapping
from math import prod
from typing import Any, Final

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from resonance_auto_retrainer.errors import BadSnapshot

FACTS: Final = "facts.json"
SUFFIX: Final = ".npy"
LEVEL: Final = 6
BEGAN: Final = (1980, 1, 1, 0, 0, 0)
"""The earliest time that an archive can name: when it was written must not change it."""

MOST_BYTES: Final = 2 << 30
"""Unpacked: ten million vectors, the most that a window can be set to, are half of it."""

TYPES: Final = frozenset({"<f4", "<f8", "<i8", "<u4"})


def write_arrays(arrays: Mapping[str, NDArray[Any]], facts: bytes) -> bytes:
    """An archive.

    Args:
        arrays: By name; of a type among TYPES.
        facts: JSON.
    """
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED, compresslevel=LEVEL) as archive:
        archive.writestr(zipfile.ZipInfo(FACTS, BEGAN), facts, zipfile.ZIP_DEFLATED, LEVEL)
        for name in sorted(arrays):
            member = io.BytesIO()
            npy.write_array(member, np.ascontiguousarray(arrays[name]), version=(1, 0), allow_pickle=False)
            archive.writestr(zipfile.ZipInfo(name + SUFFIX, BEGAN), member.getvalue(), zipfile.ZIP_DEFLATED, LEVEL)
    return into.getvalue()


def read_arrays(
    data: bytes, names: Collection[str], most_bytes: int = MOST_BYTES
) -> tuple[dict[str, NDArray[Any]], bytes]:
    """Arrays by name, and the facts beside them.

    Args:
        data: The archive.
        names: The arrays that it must hold, no others.
        most_bytes: How large it may be when it is unpacked.

    Raises:
        BadSnapshot: It is no such archive, or larger.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            _check_members(archive.infolist(), names, most_bytes)
            arrays = {name: _array(name, archive.read(name + SUFFIX)) for name in names}
            return arrays, archive.read(FACTS)
    except (zipfile.BadZipFile, NotImplementedError, EOFError) as error:
        raise BadSnapshot(f"Expected an archive of arrays, but it cannot be read: {error}.") from error


def _check_members(found: Collection[zipfile.ZipInfo], names: Collection[str], most_bytes: int) -> None:
    there, wanted = sorted(one.filename for one in found), sorted([FACTS, *(name + SUFFIX for name in names)])
    if there != wanted:
        odd = sorted(set(there) ^ set(wanted)) or there
        raise BadSnapshot(f"Expected {len(wanted)} parts in the archive, but these are missing or too many: {odd[:5]}.")
    if (unpacked := sum(one.file_size for one in found)) > most_bytes:
        raise BadSnapshot(f"Expected at most {most_bytes} bytes in the archive, but it says it holds {unpacked}.")


def _array(name: str, data: bytes) -> NDArray[Any]:
    stream = io.BytesIO(data)
    try:
        if npy.read_magic(stream) != (1, 0):
            raise ValueError("it is of another version")
        shape, fortran_order, dtype = npy.read_array_header_1_0(stream)
    except ValueError as error:
        raise BadSnapshot(f"Expected an array in NumPy's format as {name}, but {error}.") from error
    if dtype.str not in TYPES or fortran_order:
        raise BadSnapshot(f"Expected rows of one of {', '.join(sorted(TYPES))} as {name}, but got {dtype.str}.")
    if prod(shape) * dtype.itemsize != len(data) - stream.tell():
        raise BadSnapshot(f"Expected an array of shape {shape} as {name}, but it has another size.")
    return np.frombuffer(data, dtype, offset=stream.tell()).reshape(shape)
