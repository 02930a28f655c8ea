"""Results: one JSON file a benchmark, with what must be known to read its figures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from tests.bench.benchmark import Benchmark, Measured
from tests.bench.figure import entry
from tests.bench.machine import commit, machine, versions

ROOT: Final = Path(__file__).resolve().parents[2]
FOLDER: Final = ROOT / "bench-results"

Result = dict[str, Any]


def result(benchmark: Benchmark, measured: Measured, busy: float) -> Result:
    """The result of a benchmark on this machine, as of the commit that is checked out.

    Args:
        busy: Load average before it began.
    """
    return {
        "name": benchmark.name,
        "about": benchmark.about,
        "command": f"make bench BENCH={benchmark.name}",
        "commit": commit(ROOT),
        "machine": machine(),
        "versions": {**versions(benchmark.distributions), **measured.versions},
        "peer": measured.peer,
        "figures": {f.name: entry(f, measured.values[f.name]) for f in benchmark.figures if f.name in measured.values},
        "details": {"load_before": round(busy, 2), **measured.details},
    }


def write(result: Result, folder: Path = FOLDER) -> Path:
    """Writes a result and returns where it is."""
    folder.mkdir(exist_ok=True)
    path = folder / f"{result['name']}.json"
    path.write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def recorded(folder: Path = FOLDER) -> dict[str, Result]:
    """Every recorded result, by name."""
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))}
