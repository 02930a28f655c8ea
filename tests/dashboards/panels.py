"""The panels of the committed dashboards, and their queries with what Grafana fills in."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

DASHBOARDS: Final = Path(__file__).resolve().parents[2] / "grafana/dashboards"
FILLED_IN: Final = {"$__rate_interval": "1m"}


@dataclass(frozen=True, slots=True)
class Query:
    """One query of a panel, ready to be asked."""

    legend: str
    expression: str


@dataclass(frozen=True, slots=True)
class Panel:
    """One panel, as much of it as a plot shows.

    Attributes:
        level: Where a threshold is, in the unit; None without one.
        stacked: Whether series stand on each other.
    """

    board: str
    row: str
    title: str
    description: str
    kind: str
    unit: str
    level: float | None
    stacked: bool
    queries: tuple[Query, ...]


def boards() -> dict[str, list[Panel]]:
    """Panels of each dashboard, by its file's name without suffix."""
    return {path.stem: list(_panels(path)) for path in sorted(DASHBOARDS.glob("*.json"))}


def named(legend: str, labels: dict[str, str]) -> str:
    """A legend as Grafana writes it."""
    return re.sub(r"\{\{\s*(\w+)\s*\}\}", lambda found: labels.get(found[1], ""), legend).strip()


def _panels(path: Path) -> Iterator[Panel]:
    board, row = json.loads(path.read_text(encoding="utf-8")), ""
    for panel in board["panels"]:
        if panel["type"] == "row":
            row = panel["title"]
            continue
        defaults = panel["fieldConfig"]["defaults"]
        steps = [step["value"] for step in defaults["thresholds"]["steps"] if step.get("value") is not None]
        yield Panel(
            board["title"],
            row,
            panel["title"],
            panel["description"],
            panel["type"],
            defaults.get("unit", "short"),
            steps[0] if steps else None,
            _stacked(defaults),
            tuple(Query(target["legendFormat"], _filled(target["expr"])) for target in panel["targets"]),
        )


def _stacked(defaults: dict[str, Any]) -> bool:
    return defaults.get("custom", {}).get("stacking", {}).get("mode") == "normal"


def _filled(expression: str) -> str:
    for variable, value in FILLED_IN.items():
        expression = expression.replace(variable, value)
    if "$" in expression:
        raise ValueError(f"a variable of this query has no value here: {expression}")
    return expression
