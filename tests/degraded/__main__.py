"""Lets both providers die while alerts flow, in several ways: `python -m tests.degraded` within `tests/on-real-parts`.

With --document it writes docs/provider-outages.md. The exit status is 1 where an alert is missing, told in two ways, or
marked as it should not be.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from tests.bench.machine import machine
from tests.degraded.course import Course, run
from tests.degraded.judging import Judged, judged
from tests.degraded.mortal import Death
from tests.degraded.table import sentences, table
from tests.support.addresses import external

DOCUMENT: Final = Path(__file__).resolve().parents[2] / "docs/provider-outages.md"
COURSES: Final = (
    Course(Death.REFUSED, Death.OVERLOADED),
    Course(Death.OVERLOADED, Death.STALLED, number=1),
    Course(Death.STALLED, Death.REFUSED, number=2),
)
HEAD: Final = """# Providers die while alerts flow

Written by `make outage`: incidents come on a real Kafka, the orchestrator and the gateway run as processes with their
defaults, Redis keeps words and money, and both providers are servers on the loopback that answer after 0.3 s, until
they die. openai is asked first. Each incident is told three times: its facts at once, by our own writer; in the words
of a provider when it is explained; and when it is over. The orchestrator is killed while one provider is dead.

"Marked degraded" counts explained alerts whose `authorship.degraded` names a provider that should have written. Times
go from the record that the orchestrator reads to the one that it writes, both on Kafka. The breaker opens after five
failures, for 5 s, and for twice as long after each probe that fails: whoever is back is asked again after at most as
long as it was away. A provider that is silent, not gone, is found out by five requests that wait six tenths of the
deadline of 4 s each, and alerts of the same partition wait behind them. "Health" is `GET /ml/multi-llm/health` at the
gateway. Requests to a provider that refuses connections are not seen by it.
"""


def main(arguments: Sequence[str]) -> int:
    """Plays all courses."""
    addresses = external()
    if addresses is None:
        print("No broker: run it by `make outage`.", file=sys.stderr)
        return 2
    parts, right = [HEAD], True
    for course in COURSES:
        ran = asyncio.run(run(course, addresses, print))
        found = judged(ran)
        right = right and _right(found)
        title = f"## openai: {course.first}; anthropic: {course.second}"
        parts += [title, "", *table(found), "", *_list(sentences(ran, found)), ""]
        print("\n".join(parts[-10:]))
    where = machine()
    parts.append(f"{where['processor']}, {where['cores']} cores, {where['system']}.")
    if arguments == ["--document"]:
        DOCUMENT.write_text("\n".join(parts) + "\n", encoding="utf-8")
    return 0 if right else 1


def _right(found: Judged) -> bool:
    for what in (found.missing, found.unasked, found.different, found.mismarked, found.changed_again):
        if what:
            print(f"Not as it should be: {sorted(what)[:5]}.", file=sys.stderr)
            return False
    return True


def _list(lines: Iterator[str]) -> Iterator[str]:
    for line in lines:
        yield f"- {line}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
