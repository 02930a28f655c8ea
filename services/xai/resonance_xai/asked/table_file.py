"""Reference rows from a file: CSV with or without names in its first line, NPY, or Parquet."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from resonance_xai.asked.errors import UnusableTable

Floats = NDArray[np.float64]
_Read = tuple[Floats, tuple[str, ...]]

LARGEST_BYTES: Final = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Table:
    """Rows, (n, width), all finite, and names of the columns where the file has them; None without a file."""

    rows: Floats | None
    names: tuple[str, ...] = ()


def read_table(path: Path) -> Table:
    """Reads a file.

    Raises:
        UnusableTable: It cannot be read, or has something else than finite numbers.
    """
    readers: Mapping[str, Callable[[bytes], _Read]] = {".csv": _csv, ".npy": _npy, ".parquet": _parquet}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise UnusableTable(f"Expected a file that ends in {', '.join(readers)}, but it is {path.name!r}.")
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise UnusableTable(f"A reference file may have at most {LARGEST_BYTES} bytes; take a sample of the rows.")
        rows, names = reader(path.read_bytes())
    except OSError as error:
        raise UnusableTable(f"The reference file {path.name!r} cannot be read: {error.strerror}.") from error
    if rows.ndim != 2 or not rows.size:
        raise UnusableTable(f"Expected rows of numbers in {path.name!r}, but their shape is {rows.shape}.")
    wrong = np.argwhere(~np.isfinite(rows))
    if len(wrong):
        row, column = (int(i) for i in wrong[0])
        raise UnusableTable(
            f"Every value must be finite, but row {row + 1}, column {column + 1} of {path.name!r} is "
            f"{rows[row, column]}."
        )
    return Table(rows, names)


def _csv(data: bytes) -> _Read:
    try:
        lines = [line for line in csv.reader(io.StringIO(data.decode("utf-8-sig"))) if line]
    except (UnicodeDecodeError, csv.Error) as error:
        raise UnusableTable(f"Expected a CSV file in UTF-8: {error}.") from error
    names: tuple[str, ...] = ()
    if lines and not all(map(_is_number, lines[0])):
        names = tuple(name.strip() for name in lines.pop(0))
    for number, line in enumerate(lines, start=2 if names else 1):
        if len(line) != len(lines[0]) or (names and len(line) != len(names)):
            raise UnusableTable(f"Line {number} has {len(line)} values, expected {len(names) or len(lines[0])}.")
        for value in line:
            if not _is_number(value):
                raise UnusableTable(f"Expected numbers, but line {number} has {value[:100]!r}.")
    return np.array(lines, dtype=np.float64), names


def _npy(data: bytes) -> _Read:
    try:
        found = np.load(io.BytesIO(data), allow_pickle=False)
        return np.asarray(found, dtype=np.float64), ()
    except (ValueError, EOFError) as error:
        raise UnusableTable(f"Expected an array of numbers in NumPy's format .npy: {error}.") from error


def _parquet(data: bytes) -> _Read:
    try:
        parquet = import_module("pyarrow.parquet")
    except ImportError as error:
        raise UnusableTable(
            "Parquet takes the package pyarrow, which is not installed: install it, or write the rows as CSV or NPY."
        ) from error
    try:
        found = parquet.read_table(io.BytesIO(data))
        columns = [np.asarray(column.to_numpy(), dtype=np.float64) for column in found.columns]
    except (ValueError, TypeError, OSError) as error:
        raise UnusableTable(f"Expected a Parquet file with columns of numbers: {error}.") from error
    return np.column_stack(columns) if columns else np.zeros((0, 0)), tuple(found.column_names)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
