"""A series in a CSV file, `timestamp,value` as the Numenta Anomaly Benchmark has them, and its scores in another."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from math import isfinite
from pathlib import Path
from statistics import median
from typing import Final

from resonance_client.errors import UsageError

TIME: Final = "timestamp"
VALUE: Final = "value"
SCORE: Final = "anomaly_score"
CLOCK_CHANGE: Final = timedelta(hours=1)
GAP_STEPS: Final = 1.5


@dataclass(frozen=True, slots=True)
class Row:
    """One row, with the line of the file it stands in and both texts as they stand there."""

    line: int
    stamp: str
    text: str
    time: datetime
    value: float


@dataclass(frozen=True, slots=True)
class SeriesFile:
    """What a file holds.

    Attributes:
        rows: In the order of the file.
        left_out: Names of columns that were not read.
    """

    rows: tuple[Row, ...]
    left_out: tuple[str, ...]

    def remarks(self) -> list[str]:
        """Sentences on what its times are like where that is unusual; it can be scored all the same."""
        return [*_on_gaps(self.rows), *_on_repeats(self.rows)]


def read_series(path: Path) -> SeriesFile:
    """Reads a series; columns other than its two, such as labels, are not read.

    Times ascend; but an hour may come twice, or a time be repeated for an hour, as where clocks are changed, and times
    may be left out.

    Raises:
        UsageError: It cannot be read, or holds something else; the text names the line and what is wrong.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.reader(file)
            lines = [(reader.line_num, line) for line in reader if line]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"{path} cannot be read: {error}.") from error
    names = [name.strip() for name in lines[0][1]] if lines else []
    for name in (TIME, VALUE):
        if names.count(name) != 1:
            raise UsageError(
                f"{path}: its first line names a column {name} {names.count(name)} times, and must do so once: "
                f"{TIME},{VALUE} above a time and a number a line."
            )
    rows = tuple(_row(path, number, line, names) for number, line in lines[1:])
    _check_order(path, rows)
    return SeriesFile(rows, tuple(name for name in names if name not in (TIME, VALUE)))


def write_scores(path: Path, rows: Sequence[Row], scores: Sequence[float]) -> None:
    """Writes NAB's result format: `timestamp,value,anomaly_score`, the first two as they were read.

    Raises:
        UsageError: The file cannot be written.
    """
    try:
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow((TIME, VALUE, SCORE))
            writer.writerows((row.stamp, row.text, f"{score:.9g}") for row, score in zip(rows, scores, strict=True))
    except OSError as error:
        raise UsageError(f"The scores cannot be written to {path}: {error.strerror}.") from error


def _row(path: Path, number: int, line: Sequence[str], names: Sequence[str]) -> Row:
    if len(line) != len(names):
        raise UsageError(f"{path}, line {number}: {len(line)} values where there are {len(names)} columns.")
    stamp, text = (line[names.index(name)].strip() for name in (TIME, VALUE))
    try:
        time = datetime.fromisoformat(stamp)
    except ValueError:
        raise UsageError(f"{path}, line {number}: {stamp!r} is no time such as 2024-05-31 23:55:00.") from None
    try:
        value = float(text)
    except ValueError:
        raise UsageError(f"{path}, line {number}: the value {text!r} is no number; leave the row out.") from None
    if not isfinite(value):
        raise UsageError(f"{path}, line {number}: the value {text} is not finite; leave the row out.")
    return Row(number, stamp, text, time, value)


def _check_order(path: Path, rows: Sequence[Row]) -> None:
    for before, row in pairwise(rows):
        if (before.time.tzinfo is None) != (row.time.tzinfo is None):
            raise UsageError(f"{path}, line {row.line}: of {before.stamp} and {row.stamp} only one names its zone.")
        if row.time < before.time - CLOCK_CHANGE:
            raise UsageError(
                f"{path}, line {row.line}: {row.stamp} is earlier than {before.stamp} before it, by more than clocks "
                "are ever changed; sort the rows by time."
            )


def _on_gaps(rows: Sequence[Row]) -> list[str]:
    steps = [(after.time - before.time, before) for before, after in pairwise(rows)]
    forward = [step.total_seconds() for step, _ in steps if step > timedelta(0)]
    if not forward:
        return []
    usual = timedelta(seconds=median(forward))
    gaps = [(step, before) for step, before in steps if step > GAP_STEPS * usual]
    if not gaps:
        return []
    longest, before = max(gaps, key=lambda gap: gap[0])
    count = _times(len(gaps))
    return [f"{count} rows are further apart than the usual {usual}, at most {longest}, after line {before.line}."]


def _on_repeats(rows: Sequence[Row]) -> list[str]:
    again = [row for before, row in pairwise(rows) if row.time <= before.time]
    if not again:
        return []
    return [f"{_times(len(again))} a row is no later than the one before, first in line {again[0].line}."]


def _times(count: int) -> str:
    return "Once" if count == 1 else f"{count:,} times"
