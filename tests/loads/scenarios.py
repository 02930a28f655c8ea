"""Runs the scenarios of tests/load-testing by Artillery, and reads what came of them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.chaos.outcome import Outcome
from tests.compose.stack import Stack
from tests.support.markdown import table

FOLDER: Final = Path(__file__).resolve().parents[1] / "load-testing"
SCRIPT: Final = "artillery-xai-test.yml"
_PATIENCE_S: Final = 420


@dataclass(frozen=True, slots=True)
class Level:
    """A service level.

    Attributes:
        name: In the counters of `processor.js`.
        about: For people.
        within_ms: Time in which an answer must be there.
        share: Of the answers, that must be right and in time.
    """

    name: str
    about: str
    within_ms: int
    share: float


LEVELS: Final = (
    Level("ml_api", "ML API: status, anomalies", 100, 0.995),
    Level("xai", "XAI: a prediction or an incident, explained", 2000, 0.95),
    Level("llm", "LLM analysis: a log of 100 entries, read and told", 5000, 0.90),
    Level("anomaly", "WebSocket to anomaly: from the last message to the operator's socket", 500, 0.99),
    Level("smart", "Smart alert: told for one of five readers", 3000, 0.95),
)
WEIGHTS: Final = {
    "ML Status Check": 10, "XAI Prediction Explanation": 25, "OpenAI Log Analysis": 15, "Smart Alert Generation": 10,
    "Combined WebSocket + ML Flow": 10,
}  # fmt: skip


class NotInstalled(RuntimeError):
    """Artillery or Node.js is not here; the text says what to do."""


def installed() -> tuple[str, Path]:
    """Node.js and Artillery.

    Raises:
        NotInstalled: One of them is not here.
    """
    node, artillery = shutil.which("node"), FOLDER / "node_modules/artillery/bin/run"
    if node is None or not artillery.exists():
        raise NotInstalled(
            "Node.js 20 and `npm ci` in tests/load-testing are needed: `make load-test` does the latter."
        )
    return node, artillery


def play(stack: Stack) -> Mapping[str, Any]:
    """Runs the scenarios against a stack: what Artillery reports of the whole.

    Raises:
        NotInstalled: See there.
        RuntimeError: Artillery came to no report.
    """
    node, artillery = installed()
    environment = os.environ | {
        "RESONANCE_GATEWAY": stack.url("GATEWAY_PORT"), "RESONANCE_JWT_SECRET": stack.jwt_secret,
        "ARTILLERY_DISABLE_TELEMETRY": "true",
    }  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = [node, str(artillery), "run", SCRIPT, "--output", str(report), "--quiet"]
        # Its exit status says whether its `ensure` held; that is judged here, too, from the same counters.
        done = subprocess.run(command, cwd=FOLDER, env=environment, capture_output=True, text=True, timeout=_PATIENCE_S)
        if not report.exists():
            raise RuntimeError(f"Artillery came to no report: {done.stdout[-2000:]}{done.stderr[-2000:]}")
        aggregate: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))["aggregate"]
    return aggregate | {"ensured": done.returncode == 0}


def levels_table(report: Mapping[str, Any]) -> Iterator[str]:
    """A line for each service level."""
    lines: list[tuple[str, ...]] = [
        ("", "asked for", "answers", "right and in time", "p50, ms", "p95, ms", "p99, ms", "most, ms", "held"),
    ]
    for level in LEVELS:
        every, share = _counted(report, level)
        times = report["summaries"].get(f"slo.{level.name}.ms", {})
        lines.append((
            level.about, f"{level.share * 100:g} % within {level.within_ms / 1000:g} s", f"{every:,}",
            f"{share * 100:.2f} %", *(f"{times.get(p, float('nan')):.0f}" for p in ("p50", "p95", "p99", "max")),
            "yes" if share >= level.share else "**no**",
        ))  # fmt: skip
    yield from table(lines)


def scenarios_table(report: Mapping[str, Any]) -> Iterator[str]:
    """A line for each scenario."""
    lines: list[tuple[str, ...]] = [("scenario", "weight", "played")]
    for name, weight in WEIGHTS.items():
        played = report["counters"].get(f"vusers.created_by_name.{name}", 0)
        lines.append((name, str(weight), f"{played:,}"))
    yield from table(lines)


def judge(report: Mapping[str, Any]) -> list[Outcome]:
    """Whether the levels held, and every scenario came to its end."""
    counters, found = report["counters"], []
    for level in LEVELS:
        every, share = _counted(report, level)
        faults = [] if every and share >= level.share else [f"{share:.2%} of {every:,} were; {level.share:.1%} must be"]
        found.append(Outcome(f"{level.about}, within {level.within_ms} ms", f"{share:.2%} of {every:,}", faults))
    failed = {name: n for name, n in counters.items() if name.startswith(("errors.", "slo.")) and _tells(name)}
    ended, all_ = counters.get("vusers.completed", 0), counters.get("vusers.created", 0)
    told = [] if ended == all_ else [f"{all_ - ended:,} of {all_:,} did not: {failed}"]
    return [*found, Outcome("every scenario came to its end", f"{ended:,} scenarios", told)]


def statuses(report: Mapping[str, Any]) -> Mapping[str, int]:
    """How often HTTP answered with each status."""
    prefix = "http.codes."
    return {name.removeprefix(prefix): n for name, n in report["counters"].items() if name.startswith(prefix)}


def _tells(name: str) -> bool:
    return name.startswith("errors.") or ".status." in name


def _counted(report: Mapping[str, Any], level: Level) -> tuple[int, float]:
    counters = report["counters"]
    every = counters.get(f"slo.{level.name}.all", 0)
    return every, counters.get(f"slo.{level.name}.within", 0) / every if every else 0.0
