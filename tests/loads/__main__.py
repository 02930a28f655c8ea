"""Plays the load test and finds the rate at which the pipeline gives: `python -m tests.loads`.

With --document it writes docs/operations/load.md and the picture in it. The exit status is 1 where a service level does
not hold in the load test, something acknowledged is lost, a container comes near its memory, or the way back takes
longer than two minutes; 2 where Docker or Artillery is missing.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from tests.bench.machine import machine
from tests.chaos.outcome import Outcome
from tests.compose.stack import Stack, engine_missing, running
from tests.loads import scenarios
from tests.loads.document import COST, SCENARIOS, SHED, SWEEP
from tests.loads.judging import judge
from tests.loads.plot import plot
from tests.loads.provider import provider
from tests.loads.sweep import Swept, learn, sweep
from tests.loads.table import cost_table, rates_table, sentences, shed_table

ROOT: Final = Path(__file__).resolve().parents[2]
DOCUMENT: Final = ROOT / "docs/operations/load.md"
PICTURE: Final = ROOT / "docs/operations/load.svg"
FILES: Final = ("docker-compose.ml.yml", "tests/load-testing/compose.yml", "tests/loads/compose.yml")


def main(arguments: Sequence[str]) -> int:
    """Does what the command line says."""
    parser = argparse.ArgumentParser(prog="python -m tests.loads")
    parser.add_argument("--document", action="store_true", help=f"write {DOCUMENT.relative_to(ROOT)}")
    given = parser.parse_args(arguments)
    # Whoever is told to end removes what it started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    if missing := engine_missing():
        print(f"No container engine answers: {missing}. Install and start Docker.", file=sys.stderr)
        return 2
    try:
        scenarios.installed()
        report, swept, outcomes = _run()
    except scenarios.NotInstalled as error:
        print(error, file=sys.stderr)
        return 2
    lines = list(_lines(report, swept, outcomes))
    print("\n".join(lines))
    if given.document:
        DOCUMENT.parent.mkdir(exist_ok=True)
        DOCUMENT.write_text("\n".join(lines) + "\n", encoding="utf-8")
        plot(swept, PICTURE)
    return 0 if all(one.passed for one in outcomes) else 1


def _run() -> tuple[Mapping[str, Any], Swept, Sequence[Outcome]]:
    with provider() as words:
        os.environ["RESONANCE_LOAD_TEST_PROVIDER_PORT"] = str(words.port)
        _tell("The stack is built and started.")
        with running(Stack(ROOT, files=FILES)) as stack:
            learn(stack, _tell)
            _tell("The scenarios are played.")
            report = scenarios.play(stack)
            _tell("Rates rise.")
            swept = sweep(stack, _tell)
            _tell("What the topics hold is compared with what was acknowledged.")
            outcomes = judge(stack, swept)
    return report, swept, [*scenarios.judge(report), *outcomes]


def _lines(report: Mapping[str, Any], swept: Swept, outcomes: Sequence[Outcome]) -> Iterator[str]:
    where = machine()
    yield from (SCENARIOS, *scenarios.levels_table(report), "", *scenarios.scenarios_table(report), "")
    statuses = ", ".join(f"{n:,} with {code}" for code, n in sorted(scenarios.statuses(report).items()))
    yield from (f"HTTP was answered {statuses}.", "", SWEEP, *rates_table(swept), "")
    yield from (
        *(f"- {one}" for one in sentences(swept)),
        "",
        "![](load.svg)",
        "",
        SHED,
        *shed_table(swept),
        "",
        COST,
        *cost_table(swept),
        "",
    )
    yield from ("What must be so:", "", *_told(outcomes), "")
    yield f"{where['processor']}, {where['cores']} cores, {where['system']}."


def _told(outcomes: Sequence[Outcome]) -> Iterator[str]:
    for one in outcomes:
        yield f"- {'yes' if one.passed else '**no**'}: {one.what} ({one.found})"
        yield from (f"  - {fault}" for fault in one.shown)


def _tell(sentence: str) -> None:
    print(f"{time.strftime('%T')} {sentence}", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
