"""Runs benchmarks: `python -m tests.bench [NAME...]`.

    (nothing)     measure, write bench-results/NAME.json and docs/benchmarks.md
    --check       measure, write nothing, fail where a recorded ratio got worse by more than 20 %
    --trial       go through everything once and small, write nothing: shows that it works, not how fast it is
    --document    write docs/benchmarks.md from what is recorded, measure nothing

Exit status: 0 it ran; 1 a ratio regressed; 2 something did not run, or with --check nothing could be compared;
3 there is no such benchmark. Whether a bar is reached is in the table, not in the status.

SERVICES is a folder with the programs kafka and minio, PEERS one with the peers' programs.
"""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tests.bench import catalogue, document, result
from tests.bench.benchmark import Benchmark, Surroundings, Unmeasured
from tests.bench.regression import compare, lost
from tests.bench.result import Result
from tests.bench.table import table
from tests.bench.telling import teller

RAN: Final = 0
REGRESSED: Final = 1
DID_NOT_RUN: Final = 2
UNKNOWN: Final = 3
# Above this load average something else is at work.
IDLE: Final = 0.7


def main(arguments: Sequence[str]) -> int:
    """Does what the command line says; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Measures, each beside its peer.")
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"one of: {', '.join(catalogue.BENCHMARKS)}; default: all"
    )
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument("--check", action="store_true", help="compare with the recorded ratios, write nothing")
    kind.add_argument("--document", action="store_true", help="write docs/benchmarks.md, measure nothing")
    kind.add_argument("--trial", action="store_true", help="once and small, write nothing")
    given = parser.parse_args(arguments)
    if unknown := [name for name in given.names if name not in catalogue.BENCHMARKS]:
        print(f"No benchmark {', '.join(unknown)}: there is {', '.join(catalogue.BENCHMARKS)}.", file=sys.stderr)
        return UNKNOWN
    if given.document:
        document.write()
        return RAN
    services, peers = _folder("SERVICES", "kafka", "minio"), _folder("PEERS", "load_events.py")
    surroundings = Surroundings(services, peers, teller(), given.trial)
    chosen = [catalogue.BENCHMARKS[name] for name in given.names or catalogue.BENCHMARKS]
    return max(_one(benchmark, surroundings, given.check) for benchmark in chosen)


def _one(benchmark: Benchmark, surroundings: Surroundings, check: bool) -> int:
    busy = os.getloadavg()[0]
    if busy > IDLE:
        surroundings.tell(f"This machine is busy already (load {busy:.1f}): the figures will be of little use.")
    try:
        fresh = result.result(benchmark, benchmark.run(surroundings), busy)
    except Unmeasured as fault:
        print(f"{benchmark.name} did not run. {fault}", file=sys.stderr)
        return DID_NOT_RUN
    print(table(fresh))
    if check:
        return _check(benchmark.name, fresh)
    if surroundings.trial:
        return RAN
    if gone := lost(result.recorded().get(benchmark.name, fresh), fresh):
        print(f"Recorded until now, but not measured this time: {', '.join(gone)}.")
    path = result.write(fresh)
    document.write()
    print(f"Every run is in {path.relative_to(result.ROOT)}.")
    return RAN


def _check(name: str, fresh: Result) -> int:
    recorded = result.recorded().get(name)
    if recorded is None:
        print(f"Nothing is recorded of {name}: run `make bench BENCH={name}` and commit what it writes.")
        return DID_NOT_RUN
    comparisons = compare(recorded, fresh)
    for one in comparisons:
        change = f"{one.recorded:.3g}× recorded, {one.now:.3g}× now"
        print(f"{name} {one.figure}: {change}{': REGRESSED' if one.regressed else ''}")
    if gone := lost(recorded, fresh):
        print(f"{name}: recorded, but not compared: {', '.join(gone)}.")
    if not comparisons:
        print(f"{name}: nothing was compared, because no figure has a ratio in both results. Did the peer run?")
        return DID_NOT_RUN
    return REGRESSED if any(one.regressed for one in comparisons) else RAN


def _folder(variable: str, *programs: str) -> Path | None:
    """The folder that a variable names, if these programs are in it."""
    folder = Path(os.environ.get(variable) or "/nowhere")
    return folder.resolve() if all((folder / program).is_file() for program in programs) else None


if __name__ == "__main__":
    # A broker that has just made its topics is asked again: no news.
    logging.basicConfig(level=logging.ERROR)
    # So that what was started is stopped, too, when somebody ends this.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    sys.exit(main(sys.argv[1:]))
