"""Prints the tree of one real trace, from a flood of frames to who was told: `python -m tests.traces`.

With --document it is written into docs/operations/traces.md. The exit status is 1 where a span is missing or an orphan.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tests.bench.machine import machine
from tests.support.markdown import put
from tests.traces.course import run
from tests.traces.tree import lines

DOCUMENT: Final = Path(__file__).resolve().parents[2] / "docs/operations/traces.md"
BEGIN: Final = "<!-- Written by `python -m tests.traces --document`. -->\n"
END: Final = "<!-- As far as here. -->\n"


def main(arguments: Sequence[str]) -> int:
    """Runs it once."""
    try:
        ran = run(lambda sentence: print(sentence, file=sys.stderr))
    except AssertionError as fault:
        print(f"The trace is not whole: {fault}", file=sys.stderr)
        return 1
    where = machine()
    text = "\n".join(
        [
            "```",
            *lines(ran.spans),
            "```",
            "",
            f"{len(ran.spans)} spans of incident `{ran.alert_id[:12]}…`, on {where['processor']} with {where['cores']} "
            "cores. The embedded broker answers a fetch only when its wait is over; Kafka answers at once.",
        ]
    )
    print(text)
    if list(arguments) == ["--document"]:
        put(DOCUMENT, BEGIN, END, f"{text}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
