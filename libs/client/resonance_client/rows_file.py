"""Tables of numbers in files: CSV, Parquet, and NumPy's NPZ with an array `X`. Labels are never read."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from resonance_client.errors import UsageError

LABELS: Final = frozenset({"y", "label", "labels", "class", "target", "outlier", "anomaly", "is_anomaly"})
ARRAY: Final = "X"


@dataclass(frozen=True, slots=True)
class RowsFile:
    """What a file holds.

    Attributes:
        rows: (n, columns).
        names: Of the columns; None where the file names none.
        left_out: Columns that were not read because they hold labels.
    """

    rows: NDArray[np.float64]
    names: tuple[str, ...] | None
    left_out: tuple[str, ...] = ()


def read_rows(path: Path) -> RowsFile:
    """Reads a file by its ending.

    Raises:
        UsageError: It cannot be read, or holds something else; the text says where and what.
    """
    readers = {".csv": _read_csv, ".npz": _read_npz, ".parquet": _read_parquet}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise UsageError(f"{path} is none of {', '.join(readers)}: rows are read from those.")
    try:
        found = reader(path)
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {error}.") from error
    # Columns are matched by name, so a name that stands twice would stand for either.
    if twice := sorted(name for name, count in Counter(found.names).items() if count > 1):
        raise UsageError(f"{path} names the column {', '.join(twice)} more than once.")
    return found


def same_columns(learned: RowsFile, scored: RowsFile, path: Path) -> NDArray[np.float64]:
    """Rows of `scored` with the columns in the order of `learned`.

    Raises:
        UsageError: They have not the same columns.
    """
    if learned.names and scored.names:
        if missing := sorted(set(learned.names) ^ set(scored.names)):
            raise UsageError(f"{path} and the rows to learn from differ in the columns {', '.join(missing)}.")
        return scored.rows[:, [scored.names.index(name) for name in learned.names]]
    if learned.rows.shape[1] != scored.rows.shape[1]:
        raise UsageError(
            f"{path} has {scored.rows.shape[1]} columns; the rows to learn from have {learned.rows.shape[1]}."
        )
    return scored.rows


def _read_npz(path: Path) -> RowsFile:
    try:
        with np.load(path, allow_pickle=False) as arrays:
            if ARRAY not in arrays:
                raise UsageError(f"{path} has no array {ARRAY}; it has {', '.join(arrays) or 'none'}.")
            found = np.asarray(arrays[ARRAY], dtype=np.float64)
    except (ValueError, EOFError) as error:
        raise UsageError(f"{path} is not an NPZ file whose {ARRAY} is numbers: {error}.") from error
    if found.ndim != 2:
        raise UsageError(f"{path}: {ARRAY} has the shape {found.shape}; expected rows and columns.")
    return RowsFile(found, None)


def _read_parquet(path: Path) -> RowsFile:
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ModuleNotFoundError as error:
        raise UsageError(f"{path} needs pyarrow to be read: pip install 'resonance-client[detect]'.") from error
    try:
        file = parquet.ParquetFile(path)
        names: list[str] = file.schema_arrow.names
        kept = [name for name in names if not _holds_labels(name)]
        table = file.read(columns=kept)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise UsageError(f"{path} is not a Parquet file: {error}.") from error
    for name, column in zip(kept, table.columns, strict=True):
        if not (pa.types.is_integer(column.type) or pa.types.is_floating(column.type)):
            raise UsageError(f"{path}, column {name} is {column.type}, not numbers; leave the column out.")
    columns = [column.to_numpy(zero_copy_only=False).astype(np.float64) for column in table.columns]
    rows = np.stack(columns, axis=1) if columns else np.empty((table.num_rows, 0))
    return RowsFile(rows, tuple(kept), tuple(name for name in names if _holds_labels(name)))


def _read_csv(path: Path) -> RowsFile:
    with path.open(newline="", encoding="utf-8-sig") as file:
        lines = [line for line in csv.reader(file) if line]
    if not lines:
        raise UsageError(f"{path} is empty; expected a row of numbers a line, with or without names above them.")
    named = not _numbers(lines[0])
    names = [name.strip() for name in lines[0]] if named else [str(place) for place in range(1, len(lines[0]) + 1)]
    kept = [place for place, name in enumerate(names) if not (named and _holds_labels(name))]
    first = 2 if named else 1
    rows = [_row(path, number, line, names, kept) for number, line in enumerate(lines[first - 1 :], first)]
    left_out = tuple(name for place, name in enumerate(names) if place not in kept)
    values = np.array(rows, dtype=np.float64).reshape(len(rows), len(kept))
    return RowsFile(values, tuple(names[place] for place in kept) if named else None, left_out)


def _row(path: Path, number: int, line: Sequence[str], names: Sequence[str], kept: Sequence[int]) -> list[float]:
    if len(line) != len(names):
        raise UsageError(f"{path}, row {number}: {len(line)} values where there are {len(names)} columns.")
    try:
        return [float(line[place]) for place in kept]
    except ValueError:
        wrong = next(place for place in kept if not _numbers([line[place]]))
        raise UsageError(
            f"{path}, row {number}, column {names[wrong]}: {line[wrong]!r} is no number; leave the column out."
        ) from None


def _holds_labels(name: str) -> bool:
    return name.lower() in LABELS


def _numbers(texts: Sequence[Any]) -> bool:
    try:
        for text in texts:
            float(text)
    except ValueError:
        return False
    return True
