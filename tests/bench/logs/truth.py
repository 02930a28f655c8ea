"""Logs whose templates people wrote down, and how well lines are grouped by them.

Grouping accuracy (Zhu et al. 2019, "Tools and Benchmarks for Automated Log Parsing"): the share of lines whose group
holds exactly the lines of their template.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Labelled:
    """One log.

    Attributes:
        name: Of the system.
        lines: As they stand in the file.
        messages: The same without their headers, as people cut them.
        truth: Template of each line.
    """

    name: str
    lines: Sequence[str]
    messages: Sequence[str]
    truth: Sequence[str]


def labelled(folder: Path) -> list[Labelled]:
    """Every log of a folder that has its truth beside it, `X.log` and `X.log_structured.csv`, by name."""
    return [
        _read(path) for path in sorted(folder.glob("*.log")) if path.with_name(f"{path.name}_structured.csv").exists()
    ]


def _read(path: Path) -> Labelled:
    with path.with_name(f"{path.name}_structured.csv").open(newline="", encoding="utf-8", errors="replace") as file:
        rows = list(csv.DictReader(file))
    lines = path.read_bytes().decode("utf-8", errors="replace").removesuffix("\n").split("\n")
    if len(lines) != len(rows):
        raise ValueError(f"{path} has {len(lines)} lines, its truth has {len(rows)}.")
    return Labelled(
        path.stem.removesuffix("_2k"),
        [line.rstrip("\r") for line in lines],
        [row["Content"] for row in rows],
        [row["EventId"] for row in rows],
    )


def grouping_accuracy(found: Sequence[Hashable], truth: Sequence[Hashable]) -> float:
    """Percent of the lines whose group is exactly that of the truth."""
    right = set(map(frozenset, _groups(truth)))
    return 100 * sum(len(group) for group in _groups(found) if frozenset(group) in right) / len(truth)


def _groups(labels: Sequence[Hashable]) -> list[list[int]]:
    groups: dict[Hashable, list[int]] = defaultdict(list)
    for line, label in enumerate(labels):
        groups[label].append(line)
    return list(groups.values())
