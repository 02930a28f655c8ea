"""Measures images and containers: `python -m tests.images [sizes] [memory] [--document]`.

`sizes` builds each image, changes a line of its code and then its lock, and builds it again; `memory` starts the stack
under load. With --document the tables go into docs/operations/compose.md. The exit status is 1 where a change of code
takes too long to be in an image, or a container has too little room below its limit.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final
from uuid import uuid4

from tests.images import memory, sizes
from tests.supply.outcome import IMAGES, ROOT, output
from tests.support.markdown import table

PAGE: Final = ROOT / "docs/operations/compose.md"
SECONDS: Final = 150.0
SPEED_UP: Final = 240.0
USERS: Final = 200


def main(words: Sequence[str]) -> int:
    """Measures, prints, and says what is out of its bound."""
    names = [word for word in words if word != "--document"] or ["sizes", "memory"]
    if wrong := [name for name in names if name not in {"sizes", "memory"}]:
        print(f"There is no measurement {wrong[0]!r}; expected sizes or memory.", file=sys.stderr)
        return 2
    try:
        output("docker", "info")
    except (FileNotFoundError, subprocess.CalledProcessError):
        print("No container engine answers, so nothing was measured. Install and start Docker.", file=sys.stderr)
        return 1
    faults: list[str] = []
    for name in names:
        lines, found = _sizes() if name == "sizes" else _memory()
        text = "\n".join(lines) + "\n"
        print("\n" + text)
        faults += found
        if "--document" in words:
            write(PAGE, "Sizes" if name == "sizes" else "Memory", text)
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


def write(page: Path, heading: str, text: str) -> None:
    """Puts text into a page in place of what is under a heading of the second level."""
    before, marker, rest = page.read_text(encoding="utf-8").partition(f"\n## {heading}\n")
    if not marker:
        raise SystemExit(f"{page} has no heading {heading!r}.")
    _, following, after = rest.partition("\n## ")
    page.write_text(f"{before}{marker}\n{text}{following}{after}", encoding="utf-8")


def _sizes() -> tuple[list[str], list[str]]:
    tag, rows = f"measured-{uuid4().hex[:8]}", []
    try:
        for one in sizes.measured(tag):
            rows.append(one)
            print(f"{one.name}: {one.whole / 1e6:.0f} MB, {one.after_code:.1f} s, {one.after_lock:.1f} s", flush=True)
    finally:
        names = [f"resonance/{name}:{tag}" for name in IMAGES]
        command = ["docker", "image", "rm", "--force", *names]
        subprocess.run(command, capture_output=True)
    return size_table(rows)


def size_table(rows: Sequence[sizes.Size]) -> tuple[list[str], list[str]]:
    """Lines for the page, and what took too long."""
    cells = [("image", "MB", "base, shared", "packages", "ours", "s after a change of code", "of its lock")]
    for one in rows:
        figures = (one.whole, one.base, one.dependencies, one.own)
        times = (f"{one.after_code:.1f}", f"{one.after_lock:.1f}")
        cells.append((one.name, *(f"{size / 1e6:.0f}" for size in figures), *times))
    kept = rows[0].base + sum(one.whole - one.base for one in rows)
    late = [one for one in rows if one.after_code > sizes.MOST_S]
    lines = [*table(cells), "", f"All together on a disk, the base once: {kept / 1e6:,.0f} MB."]
    return lines, [f"{one.name} took {one.after_code:.1f} s after a change of code." for one in late]


def _memory() -> tuple[list[str], list[str]]:
    peaks, events = memory.watched(SECONDS, SPEED_UP, USERS)
    cells = [("container", "most, MiB", "limit, MiB", "share")]
    cells += [(p.name, f"{p.most / 2**20:.0f}", f"{p.limit / 2**20:.0f}", f"{p.share:.0%}") for p in peaks]
    text = f"{events:,} frames in {SECONDS:.0f} s, of {USERS} people, with incidents; a model was trained on them."
    lines = [text, "", *table(cells)]
    return lines, [f"{p.name} took {p.share:.0%} of its limit." for p in peaks if p.share > memory.ROOM]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
