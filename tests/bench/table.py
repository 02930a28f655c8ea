"""A result as a table for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from tests.bench.result import Result

HEAD: Final = ("figure", "unit", "ours", "peer", "ratio", "bar", "")


def table(result: Result) -> str:
    """Lines of a table: a row a figure."""
    rows = [HEAD, *(_row(name, figure) for name, figure in result["figures"].items())]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    title = f"{result['name']}, beside {result['peer']}" if result["peer"] else f"{result['name']}, without a peer"
    return "\n".join([title, *("  " + _line(row, widths) for row in rows), *_further(result)])


def number(value: float | None) -> str:
    """A number for people: no more figures than count, thousands apart; "–" for none."""
    if value is None:
        return "–"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def demand(figure: dict[str, Any]) -> str:
    """The bar of a figure: "≥10×", "≤16" or "–"."""
    if figure["bar"] is None:
        return "–"
    if figure["bar_of"] == "ratio":
        return f"≥{figure['bar']:g}×"
    return f"{'≥' if figure['better'] == 'higher' else '≤'}{number(figure['bar'])}"


def times(value: float | None) -> str:
    """A ratio: "12×" or "–"."""
    return "–" if value is None else f"{value:.3g}×"


def verdict(figure: dict[str, Any]) -> str:
    """Whether the bar is reached, in a word."""
    return {True: "reached", False: "missed", None: ""}[figure["reached"]]


def _further(result: Result) -> Iterator[str]:
    """Tables among the details: the first column is text, the others are numbers."""
    for table in result["details"].get("tables", []):
        rows = [tuple(map(str, row)) for row in (table["head"], *table["rows"])]
        widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
        yield ""
        yield from ("  " + _line(row, widths, texts=1) for row in rows)


def _row(name: str, figure: dict[str, Any]) -> tuple[str, ...]:
    ours, peer = number(figure["ours"]), number(figure["peer"])
    return name, figure["unit"], ours, peer, times(figure["ratio"]), demand(figure), verdict(figure)


def _line(row: Sequence[str], widths: Sequence[int], texts: int = 2) -> str:
    cells = [
        cell.ljust(width) if column < texts else cell.rjust(width)
        for column, (cell, width) in enumerate(zip(row, widths, strict=True))
    ]
    return "  ".join(cells).rstrip()
