"""docs/benchmarks.md, made from the recorded results."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from tests.bench.result import ROOT, Result, recorded
from tests.bench.table import demand, number, times, verdict

PATH: Final = ROOT / "docs" / "benchmarks.md"

INTRODUCTION: Final = """# Benchmarks

Made by `make bench` from `bench-results/*.json`, where every single run is; not written by hand. Ours and the peer
run in turn on the same machine, on the same events, with one core each; a figure is the median of its runs, and a
ratio says how many times better ours is. Peers' programs and the real Kafka stand outside this repository (`PEERS`,
`SERVICES`); where they are absent, `make bench` measures what it can and says what it left out. `make bench-check`
measures again and fails where a recorded ratio got worse by more than 20 %.
"""


def document(results: Mapping[str, Result]) -> str:
    """The whole document."""
    if not results:
        return f"{INTRODUCTION}\nNothing is recorded yet.\n"
    return "\n".join([INTRODUCTION, *(_section(results[name]) for name in sorted(results))])


def write(path: Path = PATH) -> None:
    """Writes the document from what is recorded now."""
    path.write_text(document(recorded()), encoding="utf-8")


def _section(result: Result) -> str:
    machine = result["machine"]
    where = (
        f"{machine['processor']}, {machine['cores']} cores, {machine['memory_gib']} GiB, {machine['system']}; "
        f"commit {result['commit']}; `{result['command']}`."
    )
    lines = [f"## {result['name']}", "", result["about"], ""]
    lines += ["| figure | unit | ours | peer | ratio | bar | |", "|---|---|--:|--:|--:|--:|---|"]
    for name, figure in result["figures"].items():
        cells = [f"`{name}`<br>{figure['about']}", figure["unit"], number(figure["ours"]), number(figure["peer"])]
        lines.append(_row([*cells, times(figure["ratio"]), demand(figure), verdict(figure)]))
    lines += ["", f"Peer: {result['peer']}." if result["peer"] else "No peer ran.", "", *_notes(result)]
    lines += _tables(result)
    lines += [f"Machine: {where}", "", f"Versions: {_versions(result['versions'])}.", ""]
    return "\n".join(lines)


def _notes(result: Result) -> Iterable[str]:
    notes = result["details"].get("notes", [])
    return [*(f"- {note}" for note in notes), ""] if notes else []


def _tables(result: Result) -> Iterable[str]:
    for table in result["details"].get("tables", []):
        yield from (_row(table["head"]), _row("---" if n == 0 else "--:" for n in range(len(table["head"]))))
        yield from (_row(map(str, cells)) for cells in table["rows"])
        yield ""


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _versions(versions: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {version}" for name, version in versions.items())
