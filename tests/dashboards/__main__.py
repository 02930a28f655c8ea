"""Asks a real Prometheus every query of every dashboard under load: `python -m tests.dashboards`.

With --document it writes docs/operations/dashboards.md and the contact sheets beside it. The exit status is 1 where a
query has no data, or where metrics are not as the catalogue has them.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import Final

from tests.dashboards import report, sheet
from tests.dashboards.run import loaded

DOCS: Final = Path(__file__).resolve().parents[2] / "docs/operations"


def main(arguments: list[str]) -> int:
    """Runs it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=240.0, help="how long load is sent (240)")
    parser.add_argument("--document", action="store_true", help="write docs/operations/dashboards.md and the sheets")
    parser.add_argument("--sheets", type=Path, help="folder for the sheets, where they are not documented")
    parser.add_argument("--keep", type=Path, help="folder for what Prometheus knows, to be asked again")
    chosen = parser.parse_args(arguments)
    began = time.monotonic()

    def say(sentence: str) -> None:
        print(f"{time.monotonic() - began:6.0f} s  {sentence}", file=sys.stderr, flush=True)

    found = loaded(chosen.seconds, say, chosen.keep)
    folder = DOCS / "dashboards" if chosen.document else chosen.sheets
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        for name, panels in found.boards.items():
            sheet.draw(folder / f"{name}.png", panels, found.began_s)
    print("\n".join(report.lines(found)))
    if chosen.document:
        (DOCS / "dashboards.md").write_text(report.page(found), encoding="utf-8")
    wrong = [*found.empty, *found.matrix.faults()]
    for sentence in wrong:
        print(sentence, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
