"""The last part of docs/operations/supply-chain.md: the table of a run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from tests.supply.outcome import ROOT, Outcome
from tests.support.markdown import table

PAGE: Final = ROOT / "docs/operations/supply-chain.md"
HEADING: Final = "## Last run\n"


def written(rows: Sequence[tuple[str, Outcome, float]], document: bool) -> str:
    """The table, and what could not be asked; with `document`, they are written into the page."""
    cells = [(piece, one.question, one.verdict, one.answer, f"{took:.0f}") for piece, one, took in rows]
    notices = [f"- {one.question}: {one.notice}" for _, one, _ in rows if one.notice]
    faults = [f"- {one.question}: {fault}" for _, one, _ in rows for fault in one.faults]
    lines = [*table([("piece", "what was asked", "verdict", "answer", "s"), *cells])]
    if notices:
        lines += ["", "Could not be asked in full:", "", *notices]
    if faults:
        lines += ["", "Wrong:", "", *faults]
    text = "\n".join(lines) + "\n"
    if document:
        before = PAGE.read_text(encoding="utf-8").partition(HEADING)[0]
        PAGE.write_text(f"{before}{HEADING}\n{text}", encoding="utf-8")
    return text
