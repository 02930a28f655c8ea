"""Checks what is shipped: `python -m tests.supply [PIECE…] [--document]`.

Pieces are locks, sbom, licences, secrets, advisories and images; all of them if none is named. With --document it
writes docs/operations/supply-chain.md and docs/reference/licences.md. The exit status is 1 where something is wrong;
what could not be asked is said, and is no fault.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final

from tests.supply import advisories, bills, images, licences, locks, secrets
from tests.supply.outcome import Outcome
from tests.supply.page import written

PIECES: Final[Mapping[str, Callable[[bool], Iterator[Outcome]]]] = {
    "locks": lambda _: locks.check(),
    "sbom": lambda _: bills.check(),
    "licences": licences.check,
    "secrets": lambda _: secrets.check(),
    "advisories": lambda _: advisories.check(),
    "images": lambda _: images.check(),
}

Row = tuple[str, Outcome, float]


def main(words: Sequence[str]) -> int:
    """Runs them, prints a table, and says what is wrong."""
    document = "--document" in words
    names = [word for word in words if word != "--document"] or list(PIECES)
    if wrong := [name for name in names if name not in PIECES]:
        print(f"There is no piece {wrong[0]!r}; expected some of {', '.join(PIECES)}.", file=sys.stderr)
        return 2
    rows = list(_asked(names, document))
    print("\n" + written(rows, document and set(names) == set(PIECES)))
    faults = [fault for _, outcome, _ in rows for fault in outcome.faults]
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


def _asked(names: Iterable[str], document: bool) -> Iterator[Row]:
    for name in names:
        began = time.monotonic()
        for outcome in PIECES[name](document):
            took = time.monotonic() - began
            print(f"{name}: {outcome.question}: {outcome.verdict} ({outcome.answer}; {took:.0f} s)", flush=True)
            yield name, outcome, took
            began = time.monotonic()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
