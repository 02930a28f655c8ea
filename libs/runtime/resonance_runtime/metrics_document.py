"""Writes the reference of all metrics in Markdown: `python -m resonance_runtime.metrics_document DASHBOARDS RULES`.

The two folders say where each is seen.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from resonance_contracts.topics import Service
from resonance_runtime.declaring import Declared
from resonance_runtime.metrics import CATALOGUE

HEAD: Final = """# Metrics

<!-- Made by `make reference` from libs/runtime/resonance_runtime/metrics.py: do not edit. -->

Every service answers `GET /metrics` in Prometheus's text format with the metrics below that it declares, and with
`process_*` and `python_*` of the client library, and with no others. Counters and histograms whose labels are all of
known values are there at 0 from the start. Durations are seconds.

A label's values are those that stand here, or come from where it says; the number is the most that one process has.
"""


def page(dashboards: Path, rules: Path) -> str:
    """The document."""
    seen = {**_boards(dashboards), **_rules(rules)}
    parts = [HEAD]
    groups: dict[frozenset[Service], list[Declared]] = {}
    for declared in CATALOGUE.values():
        groups.setdefault(declared.services, []).append(declared)
    for services, some in sorted(groups.items(), key=lambda group: (-len(group[0]), sorted(group[0]))):
        parts += [f"## {_whose(services)}", "", "| metric | says | labels | seen |", "|---|---|---|---|"]
        parts += [_line(declared, seen) for declared in some]
        parts.append("")
    return "\n".join(parts)


def _whose(services: frozenset[Service]) -> str:
    if services == frozenset(Service):
        return "Every service"
    names = ", ".join(service for service in Service if service in services)
    return names[0].upper() + names[1:]


def _line(declared: Declared, seen: Mapping[str, str]) -> str:
    labels = "<br>".join(f"`{one.name}` ({one.most}): {one.comes_from}" for one in declared.labels)
    where = [name for name, text in seen.items() if re.search(rf"\b{declared.name}(_bucket|_sum|_count)?\b", text)]
    return f"| `{declared.name}`<br>{declared.kind} | {declared.help} | {labels} | {', '.join(where) or 'here'} |"


def _boards(folder: Path) -> dict[str, str]:
    found: dict[str, str] = {}
    for path in sorted(folder.glob("*.json")):
        board: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        targets = [target["expr"] for panel in board["panels"] for target in panel.get("targets", ())]
        found[board["title"]] = "\n".join(targets)
    return found


def _rules(folder: Path) -> dict[str, str]:
    return {f"rules/{path.name}": path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.yml"))}


def main(arguments: Sequence[str]) -> None:
    """Prints the document."""
    dashboards, rules = map(Path, arguments)
    sys.stdout.write(page(dashboards, rules))


if __name__ == "__main__":
    main(sys.argv[1:])
