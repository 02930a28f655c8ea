"""Lets the Compose project run under steady traffic: `python -m tests.soak --minutes 60`.

With --document a soak of an hour or longer writes docs/operations/soak.md. The exit status is 1 where something grows
beyond its bound, or was lost or doubled; 2 where there is no container engine, or its processes cannot be looked at.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Final

from tests.bench.machine import machine
from tests.compose.stack import engine_missing
from tests.soak.bounds import bounds
from tests.soak.document import HEAD
from tests.soak.run import Soaked, soak
from tests.soak.sampling import Unreadable
from tests.soak.table import asked_table, outcome_list, sentences, usage_table

ROOT: Final = Path(__file__).resolve().parents[2]
DOCUMENTED: Final = 60.0
DOCUMENT: Final = ROOT / "docs/operations/soak.md"


def main(arguments: Sequence[str]) -> int:
    """Does what the command line says."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak")
    parser.add_argument("--minutes", type=float, default=10.0, help="of traffic, 5 at least (10)")
    parser.add_argument("--document", action="store_true", help=f"write {DOCUMENT.relative_to(ROOT)}")
    parser.add_argument("--samples", type=Path, help="file for all samples, as JSON")
    given = parser.parse_args(arguments)
    if given.minutes < 5:
        parser.error(f"a soak of {given.minutes:g} minutes says nothing; give it 5 at least")
    # Whoever is told to end removes what it started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    if missing := engine_missing():
        print(f"No container engine answers: {missing}. Install and start Docker.", file=sys.stderr)
        return 2
    try:
        soaked = soak(ROOT, given.minutes, _tell)
    except Unreadable as error:
        print(error, file=sys.stderr)
        return 2
    if given.samples:
        given.samples.write_text(json.dumps(_plain(soaked)), encoding="utf-8")
    soaked.outcomes = [*soaked.outcomes, *bounds(soaked)]
    lines = list(_lines(soaked, given.minutes))
    print("\n".join(lines))
    if given.document and given.minutes < DOCUMENTED:
        print(f"{DOCUMENT.relative_to(ROOT)} stays as it is: it tells of soaks of an hour and longer.", file=sys.stderr)
    elif given.document:
        DOCUMENT.parent.mkdir(exist_ok=True)
        DOCUMENT.write_text("\n".join([HEAD, *lines]) + "\n", encoding="utf-8")
    return 0 if all(one.passed for one in soaked.outcomes) else 1


def _lines(soaked: Soaked, minutes: float) -> list[str]:
    where = machine()
    return [
        f"## {minutes:g} minutes, of which the first {soaked.warm_s / 60:.0f} are the warm-up", "",
        *usage_table(soaked), "", *(f"- {one}" for one in sentences(soaked)), "", *asked_table(soaked), "",
        "What must be so:", "", *outcome_list(soaked), "",
        f"{where['processor']}, {where['cores']} cores, {where['system']}.",
    ]  # fmt: skip


def _plain(soaked: Soaked) -> dict[str, object]:
    return {
        "times_s": soaked.times_s, "limits": soaked.limits, "lag": soaked.lag, "redis_bytes": soaked.redis_bytes,
        "disk_bytes": soaked.disk_bytes,
        "usage": {service: [asdict(one) for one in samples] for service, samples in soaked.usage.items()},
    }  # fmt: skip


def _tell(sentence: str) -> None:
    print(f"{time.strftime('%T')} {sentence}", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
