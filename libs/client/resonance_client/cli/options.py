"""Options that several commands share."""

from __future__ import annotations

import argparse
import os
import time

from resonance_client.terminal.locale import language_of


def add_json(parser: argparse.ArgumentParser, text: str = "as JSON, on one line") -> None:
    """--json."""
    parser.add_argument("--json", action="store_true", help=text)


def add_language(parser: argparse.ArgumentParser) -> None:
    """--language."""
    parser.add_argument(
        "--language", choices=("en", "ru"), default=language_of(os.environ), help="of explanations (from LANG)"
    )


def add_least(parser: argparse.ArgumentParser) -> None:
    """--min-severity."""
    parser.add_argument(
        "--min-severity", choices=("low", "medium", "high", "critical"), default="low",
        help="what is less severe is left out (low)",
    )  # fmt: skip


def add_limit(parser: argparse.ArgumentParser, usual: int, most: int) -> None:
    """--limit."""
    parser.add_argument(
        "--limit", type=positive_integer, default=usual, metavar="N", help=f"at most so many ({usual}; up to {most})"
    )


def positive(text: str) -> float:
    """A number above 0; raises ValueError, which argparse turns into a sentence."""
    value = float(text)
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0")
    return value


def positive_integer(text: str) -> int:
    """A whole number above 0."""
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return value


SPANS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


def span(text: str) -> float:
    """A span of time such as 90s, 15m, 6h or 2d, in seconds."""
    try:
        return positive(text[:-1]) * SPANS[text[-1:]]
    except (KeyError, ValueError, argparse.ArgumentTypeError):
        raise argparse.ArgumentTypeError(f"{text!r} is no span of time such as 90s, 15m, 6h or 2d") from None


def ago(seconds: float) -> float:
    """A time that long ago, seconds since the epoch."""
    return time.time() - seconds
