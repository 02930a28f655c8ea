"""A large log made of small ones, and what reading it takes, in a process of its own."""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

HEADER: Final = 60
STRETCH: Final = 5_000_000
_NUMBER: Final = re.compile(r"\d{3,}")


def write_large(path: Path, logs: Sequence[Sequence[str]], size: int) -> None:
    """Writes at least `size` bytes of lines drawn from the logs, 5 MB of each in turn, with other numbers in them."""
    chance = random.Random(1)

    def anew(found: re.Match[str]) -> str:
        places = len(found.group())
        return str(chance.randrange(10 ** (places - 1), 10**places))

    written = 0
    with path.open("w", encoding="utf-8") as file:
        while written < size:
            line = chance.choice(logs[written // STRETCH % len(logs)])
            written += file.write(f"{line[:HEADER]}{_NUMBER.sub(anew, line[HEADER:])}\n")


def read_large(path: Path) -> dict[str, float]:
    """MB a second of processor time, MiB of memory that reading took at most, templates."""
    done = subprocess.run([sys.executable, __file__, str(path)], capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def most_memory_mib() -> float:
    """Memory that this process had at most, MiB. Of a fresh process `ru_maxrss` is that of the one that started it."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(re.findall(r"^VmHWM:\s+(\d+) kB", status, re.MULTILINE)[0]) / 1024


def _main() -> None:
    import time

    from resonance_logs import LogReader, lines_of

    path = Path(sys.argv[1])
    began = time.process_time()
    reader = LogReader()
    with path.open("rb") as file:
        for line in lines_of(file):
            reader.read(line)
    report = reader.report()
    taken = time.process_time() - began
    json.dump(
        {
            "mb": path.stat().st_size / 1e6,
            "mb_per_second": path.stat().st_size / 1e6 / taken,
            "lines": report.lines,
            "templates": len(report.templates),
            "rss_mib": most_memory_mib(),
        },
        sys.stdout,
    )


if __name__ == "__main__":
    _main()
