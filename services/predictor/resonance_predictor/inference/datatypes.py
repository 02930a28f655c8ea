"""The protocol's datatypes: how elements lie in memory, and what they are in JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

BYTES: Final = "BYTES"
"""Strings, as outputs only."""

FLOATS: Final = frozenset({"FP32", "FP64"})
"""Where one of them is declared, the other is taken, too."""


@dataclass(frozen=True, slots=True)
class Elements:
    """Elements of one datatype.

    Attributes:
        dtype: As they lie in binary data, little-endian.
        written: As they are written in JSON.
    """

    dtype: np.dtype[Any]
    written: type


ELEMENTS: Final[Mapping[str, Elements]] = {
    "BOOL": Elements(np.dtype("?"), bool),
    "UINT8": Elements(np.dtype("<u1"), int),
    "UINT16": Elements(np.dtype("<u2"), int),
    "UINT32": Elements(np.dtype("<u4"), int),
    "UINT64": Elements(np.dtype("<u8"), int),
    "INT8": Elements(np.dtype("<i1"), int),
    "INT16": Elements(np.dtype("<i2"), int),
    "INT32": Elements(np.dtype("<i4"), int),
    "INT64": Elements(np.dtype("<i8"), int),
    "FP32": Elements(np.dtype("<f4"), float),
    "FP64": Elements(np.dtype("<f8"), float),
}
