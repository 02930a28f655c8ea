"""Prints the table of faults: `python -m tests.providers`; with --document it writes docs/provider-faults.md."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from tests.providers.table import DEADLINE_S, Row, StreamRow, whole
from tests.support.llm_faults import FAULTS, STREAM_FAULTS
from tests.support.markdown import table

DOCUMENT: Final = Path(__file__).resolve().parents[2] / "docs/provider-faults.md"
HEAD: Final = f"""# What comes of faults of providers

Written by `make providers-test`. A server on the loopback speaks the protocols of both providers and has one fault
after the other; the orchestrator's writer asks it within {DEADLINE_S:g} s. "then" names the provider that is asked
next, if there is one. Every caller got words in every language that was asked for. `requests` were counted at the
server, in the order in which providers are asked; each is one attempt. `cost` is what was counted, by
the prices of `routes.toml`: where it is not known whether a model had worked, all that was reserved.

"""


def main(arguments: Sequence[str]) -> int:
    """Plays all faults; the exit status is 1 where a caller got no words, or not in time."""
    logging.basicConfig(level=logging.CRITICAL)
    rows, streams = asyncio.run(whole())
    text = "\n".join([*table(_cells(rows)), "", "## Streams", "", *table(_stream_cells(streams))]) + "\n"
    print(text)
    if arguments == ["--document"]:
        DOCUMENT.write_text(HEAD + text, encoding="utf-8")
    late = [row for row in rows if not row.valid or row.seconds > DEADLINE_S + 1 or row.attempts < sum(row.requests)]
    for row in late:
        print(f"{row.fault} at {row.providers}: not as it should be: {row}.", file=sys.stderr)
    return 1 if late else 0


def _cells(rows: Iterable[Row]) -> Iterator[tuple[str, ...]]:
    yield ("fault", "at", "then", "words by", "failures on the way", "requests", "time, s", "cost, $")
    for row in rows:
        yield (
            FAULTS[row.fault].about,
            row.providers[0],
            row.providers[1] if len(row.providers) > 1 else "",
            row.author,
            ", ".join(row.reasons),
            " + ".join(map(str, row.requests)),
            f"{row.seconds:.2f}",
            f"{row.dollars:.5f}",
        )


def _stream_cells(rows: Iterable[StreamRow]) -> Iterator[tuple[str, ...]]:
    yield ("fault", "at", "failure", "pieces before", "requests")
    for row in rows:
        yield (STREAM_FAULTS[row.fault].about, row.provider, row.kind, str(row.pieces), str(row.requests))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
