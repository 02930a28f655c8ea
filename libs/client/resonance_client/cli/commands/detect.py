"""`resonance detect`: which rows of a table are unlike those of another, or which of a series unlike those before.

Learns from the rows of TRAIN and writes a score for each row of SCORE, a number a line, in their order: the higher,
the less like what was learned from. Both are CSV files of numbers, with or without names above them, Parquet files, or
NPZ files with an array X.

With --series it reads one CSV file with the columns timestamp and value instead, and writes them with a third,
anomaly_score, from 0 to 1: how odd the row is after those before it.

Labels are never read. Needs no gateway.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import Sequence
from pathlib import Path

from resonance_client.cli import options
from resonance_client.cli.output import note, say_json
from resonance_client.errors import UsageError
from resonance_client.series_file import read_series, write_scores

EXAMPLES = """\
examples:
  resonance detect last-week.csv today.csv -o scores.txt
  resonance detect rows.npz rows.npz -o scores.txt        which of them are unlike the others
  resonance detect --series cpu.csv -o scored.csv         which rows depart from what the series did before
"""
JSON = {
    "out": "the file of the scores",
    "rows": "how many were scored",
    "learned_from": "how many were learned from; null of a series, which learns as it goes",
    "alerts": "of a series, how many score above the threshold of an alert; null of a table",
    "seconds": "how long it took",
}


def add(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.add_argument(
        "train", type=Path, nargs="?", metavar="TRAIN", help="rows to learn from, most of them ordinary"
    )
    parser.add_argument("score", type=Path, nargs="?", metavar="SCORE", help="rows to score")
    parser.add_argument("--series", type=Path, metavar="FILE", help="a series to score, instead of TRAIN and SCORE")
    parser.add_argument("-o", "--out", type=Path, metavar="OUT", required=True, help="file to write the scores to")
    parser.add_argument("--seed", type=int, help="of a table: the same seed gives the same scores (0)")
    options.add_json(parser, "what was done as JSON")


async def run(arguments: argparse.Namespace) -> int:
    """Learn, score, write; says what it did on standard error."""
    _check(arguments)
    began = time.monotonic()
    done = await asyncio.to_thread(_detect if arguments.series is None else _detect_in_series, arguments)
    if arguments.json:
        say_json({"out": str(arguments.out), **done, "seconds": round(time.monotonic() - began, 2)})
    return 0


def _check(arguments: argparse.Namespace) -> None:
    if arguments.series is None:
        if arguments.score is None:
            raise UsageError("Expected TRAIN and SCORE, rows to learn from and rows to score, or --series FILE.")
    elif arguments.train is not None:
        raise UsageError(f"--series scores one file alone, so {arguments.train} has no place beside it.")
    elif arguments.seed is not None:
        raise UsageError("--seed means nothing with --series: nothing is drawn by chance there.")


def _detect_in_series(arguments: argparse.Namespace) -> dict[str, int | None]:
    try:
        from resonance_training.series.detector import ALERT_ABOVE, LEAST_ROWS, score_series
    except ModuleNotFoundError as error:
        raise _not_installed(error) from error
    file = read_series(arguments.series)
    for sentence in (*_on_columns(file.left_out, "they are none of its two columns"), *file.remarks()):
        note(f"{arguments.series}: {sentence}")
    started = time.monotonic()
    scores = score_series((row.time, row.value) for row in file.rows)
    write_scores(arguments.out, file.rows, scores)
    alerts = sum(score > ALERT_ABOVE for score in scores)
    note(
        f"Scored {len(scores):,} rows, of which the first {LEAST_ROWS} only teach: {_since(started)}. "
        f"{alerts:,} score above {ALERT_ABOVE:g}. They are in {arguments.out}."
    )
    return {"rows": len(scores), "learned_from": None, "alerts": alerts}


def _not_installed(error: ModuleNotFoundError) -> UsageError:
    return UsageError(
        f"`resonance detect` needs {error.name}, which is not installed: pip install 'resonance-client[detect]'."
    )


def _detect(arguments: argparse.Namespace) -> dict[str, int | None]:
    try:
        from resonance_client.rows_file import read_rows, same_columns
        from resonance_training.rows import BadRows
        from resonance_training.tabular import TabularDetector
    except ModuleNotFoundError as error:
        raise _not_installed(error) from error
    train, scored = read_rows(arguments.train), read_rows(arguments.score)
    for path, file in ((arguments.train, train), (arguments.score, scored)):
        for sentence in _on_columns(file.left_out, "labels are not learned from"):
            note(f"{path}: {sentence}")
    rows = same_columns(train, scored, arguments.score)
    started = time.monotonic()
    try:
        detector = TabularDetector(train.rows, arguments.seed or 0)
    except BadRows as error:
        raise UsageError(f"{arguments.train}: {error}") from error
    note(f"Learned from {len(train.rows):,} rows of {train.rows.shape[1]} columns: {_since(started)}.")
    started = time.monotonic()
    try:
        scores = detector.score(rows)
    except BadRows as error:
        raise UsageError(f"{arguments.score}: {error}") from error
    try:
        arguments.out.write_text("".join(f"{one:.9g}\n" for one in scores.tolist()), encoding="utf-8")
    except OSError as error:
        raise UsageError(f"The scores cannot be written to {arguments.out}: {error.strerror}.") from error
    note(f"Scored {len(scores):,} rows: {_since(started)}. The scores are in {arguments.out}.")
    return {"rows": len(scores), "learned_from": len(train.rows), "alerts": None}


def _on_columns(left_out: Sequence[str], why: str) -> list[str]:
    return [f"{', '.join(left_out)} left out, since {why}."] if left_out else []


def _since(started: float) -> str:
    return f"{time.monotonic() - started:.1f} s"
