"""Measures what the system costs: `python -m tests.capacity`.

With --document it writes docs/operations/capacity.md and the resources of the manifests. The exit status is 1 where a
prediction is farther off than its bound.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from tests.bench.machine import machine
from tests.capacity import crowding, measuring, resources
from tests.capacity.course import COURSES, CROWDS
from tests.capacity.document import document, table_of
from tests.capacity.figures import BOUND, FILE, Figures
from tests.capacity.sizing import Behaviour

DOCUMENT: Final = Path(__file__).resolve().parents[2] / "docs/operations/capacity.md"


def main(arguments: Sequence[str]) -> int:
    """Measures, and says what came of it."""
    parser = argparse.ArgumentParser(prog="python -m tests.capacity")
    parser.add_argument("--services", type=Path, help="folder with the programs kafka and minio")
    parser.add_argument("--only", choices=("courses", "crowds"), help="measure these; the others are as they were")
    parser.add_argument("--kept", action="store_true", help="measure nothing: go by what was measured last")
    parser.add_argument("--users", type=int, help="say how many of what so many users need")
    parser.add_argument("--document", action="store_true", help="write the page and the resources of the manifests")
    given = parser.parse_args(arguments)
    # What was started is ended also where this is told to end.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    if not given.kept:
        if given.services is None or not all(os.access(given.services / name, os.X_OK) for name in ("kafka", "minio")):
            print(f"No programs kafka and minio in {given.services}: set SERVICES to their folder.", file=sys.stderr)
            return 2
        measure(given.services, given.only)
    figures = Figures.kept()
    print(document(figures) if given.users is None else table_of(figures.sized(Behaviour(given.users))))
    if given.document:
        DOCUMENT.write_text(document(figures), encoding="utf-8")
        resources.write(figures.overlays())
    off = [one for one in figures.judged() if abs(one.off) > BOUND]
    for one in off:
        print(f"{one.run}: {one.what} was {one.measured:.3g}, predicted {one.predicted:.3g}.", file=sys.stderr)
    return 1 if off else 0


def measure(services: Path, only: str | None) -> None:
    """Runs everything; what was measured is kept after each part.

    Args:
        services: Folder with the programs kafka and minio.
        only: The part that is measured; all where none is named.
    """
    figures: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {}
    figures["machine"] = machine()
    if only != "crowds":
        figures["courses"] = []
        for ran in measuring.run(services, COURSES, tell):
            figures["courses"].append(ran.fields())
            _keep(figures)
    if only != "courses":
        figures["crowds"] = []
        for crowd in CROWDS:
            tell(f"{crowd.users:,} users become known.")
            figures["crowds"].append(crowding.run(services, crowd).fields())
            _keep(figures)


def tell(sentence: str) -> None:
    """Shows how far it is."""
    print(sentence, file=sys.stderr, flush=True)


def _keep(figures: dict[str, Any]) -> None:
    FILE.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
