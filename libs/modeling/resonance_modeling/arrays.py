"""Arrays in NumPy's format `.npz` from bytes that somebody else stored: nothing is unpickled, nothing swells."""

from __future__ import annotations

import io
import math
import zipfile
import zlib
from collections.abc import Collection
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from resonance_modeling.errors import InvalidArtifact

_HEADERS: Final = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
_FAULTS: Final = (
    ValueError,
    EOFError,
    OSError,
    KeyError,
    RuntimeError,
    NotImplementedError,
    zipfile.BadZipFile,
    zlib.error,
)


def read_arrays(data: bytes, most_bytes: int, names: Collection[str] | None = None) -> dict[str, NDArray[Any]]:
    """The arrays of a file, by name.

    Args:
        data: The file.
        most_bytes: Bytes that all arrays together may have when they are unpacked.
        names: Which are read, where they are there; None reads all that is in the file.

    Raises:
        InvalidArtifact: It is no such file, an array is there twice or holds Python objects, or there is more in it.
    """
    try:
        return _read(data, most_bytes, names)
    except _FAULTS as error:
        raise InvalidArtifact(f"Expected arrays of numbers in NumPy's format .npz, but: {error}.") from error


def _read(data: bytes, most_bytes: int, names: Collection[str] | None) -> dict[str, NDArray[Any]]:
    found: dict[str, NDArray[Any]] = {}
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        for member in packed.infolist():
            name = member.filename.removesuffix(".npy")
            if names is not None and name not in names:
                continue
            if name in found:
                raise InvalidArtifact(f"Expected each array once, but {name[:100]!r} is there twice.")
            with packed.open(member) as file:
                # What a file says of its own size may be wrong.
                content = file.read(most_bytes + 1)
            most_bytes -= len(content)
            if most_bytes < 0:
                raise InvalidArtifact(f"The arrays are larger than they may be; {name[:100]!r} is one too many.")
            found[name] = _array(content)
    return found


def _array(content: bytes) -> NDArray[Any]:
    file = io.BytesIO(content)
    shape, _, dtype = _HEADERS[np.lib.format.read_magic(file)](file)
    # An array is allocated as its header says, before its values are read.
    claimed, there = math.prod(shape) * dtype.itemsize, len(content) - file.tell()
    if claimed != there and not dtype.hasobject:
        raise InvalidArtifact(f"An array of shape {shape!s:.100} has {claimed} bytes, but there are {there}.")
    file.seek(0)
    return np.asarray(np.lib.format.read_array(file, allow_pickle=False))
