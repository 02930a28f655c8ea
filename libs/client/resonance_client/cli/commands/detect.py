"""`resonance detect`: which rows of a table are unlike those of another.

Learns from the rows of TRAIN and writes a score for each row of SCORE, a number a line, in their order: the higher,
the less like what was learned from. Both are CSV files of numbers, with or without names above them, Parquet files, or
NPZ files with an array X. Labels are never read. Needs no gateway.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from resonance_client.errors import UsageError

if TYPE_CHECKING:
    from resonance_client.rows_file import RowsFile

EXAMPLES = """\
examples:
  resonance detect last-week.csv today.csv -o scores.txt
  resonance detect rows.npz rows.npz -o scores.txt        which of them are unlike the others
"""


def add(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.add_argument("train", type=Path, metavar="TRAIN", help="rows to learn from; most should be ordinary")
    parser.add_argument("score", type=Path, metavar="SCORE", help="rows to score")
    parser.add_argument("-o", "--out", type=Path, metavar="OUT", required=True, help="file to write the scores to")
    parser.add_argument("--seed", type=int, default=0, help="the same seed gives the same scores (0)")


async def run(arguments: argparse.Namespace) -> int:
    """Learn, score, write; says what it did on standard error."""
    await asyncio.to_thread(_detect, arguments)
    return 0


def _detect(arguments: argparse.Namespace) -> None:
    try:
        from resonance_client.rows_file import read_rows, same_columns
        from resonance_training.rows import BadRows
        from resonance_training.tabular import TabularDetector
    except ModuleNotFoundError as error:
        raise UsageError(
            f"`resonance detect` needs {error.name}, which is not installed: pip install 'resonance-client[detect]'."
        ) from error
    train, scored = read_rows(arguments.train), read_rows(arguments.score)
    _say_what_was_left_out(arguments.train, train)
    _say_what_was_left_out(arguments.score, scored)
    rows = same_columns(train, scored, arguments.score)
    started = time.monotonic()
    try:
        detector = TabularDetector(train.rows, arguments.seed)
    except BadRows as error:
        raise UsageError(f"{arguments.train}: {error}") from error
    _say(f"Learned from {len(train.rows):,} rows of {train.rows.shape[1]} columns: {_since(started)}.")
    started = time.monotonic()
    try:
        scores = detector.score(rows)
    except BadRows as error:
        raise UsageError(f"{arguments.score}: {error}") from error
    try:
        arguments.out.write_text("".join(f"{one:.9g}\n" for one in scores.tolist()), encoding="utf-8")
    except OSError as error:
        raise UsageError(f"The scores cannot be written to {arguments.out}: {error.strerror}.") from error
    _say(f"Scored {len(scores):,} rows: {_since(started)}. The scores are in {arguments.out}.")


def _say_what_was_left_out(path: Path, file: RowsFile) -> None:
    if file.left_out:
        _say(f"{path}: {', '.join(file.left_out)} left out, since labels are not learned from.")


def _since(started: float) -> str:
    return f"{time.monotonic() - started:.1f} s"


def _say(sentence: str) -> None:
    sys.stderr.write(f"{sentence}\n")
