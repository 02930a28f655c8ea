"""What a process has used, from /proc."""

from __future__ import annotations

import os
import re
import time
from bisect import bisect_right
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

TICKS_PER_S: Final = os.sysconf("SC_CLK_TCK")


def cpu_s(pid: int) -> float:
    """Processor time of a process, user and system, all threads, seconds; ProcessLookupError when it is gone."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise ProcessLookupError(f"process {pid} is gone") from error
    # The name in parentheses may hold blanks; user and system time are fields 14 and 15 (proc(5)).
    fields = stat.rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_S


def busy_s() -> float:
    """Processor time of everything on this machine since it was started, seconds, all cores."""
    # user, nice, system, idle, iowait, irq, softirq (proc(5)).
    fields = [int(field) for field in Path("/proc/stat").read_text(encoding="utf-8").split("\n", 1)[0].split()[1:8]]
    return (sum(fields) - fields[3] - fields[4]) / TICKS_PER_S


def resident_bytes(pid: int | None = None) -> int:
    """Memory of a process that is in RAM, bytes; of this one where none is named."""
    path = Path(f"/proc/{pid or 'self'}/status")
    found = re.search(r"^VmRSS:\s+(\d+) kB$", path.read_text(encoding="utf-8"), re.MULTILINE)
    if found is None:
        raise OSError(f"{path} has no VmRSS")
    return int(found[1]) * 1024


@dataclass(slots=True)
class Meter:
    """Processor time of a process over wall-clock time."""

    pid: int
    _times: list[float] = field(default_factory=list)
    _used: list[float] = field(default_factory=list)

    def look(self) -> None:
        """Takes a sample; none of a process that is gone."""
        try:
            used = cpu_s(self.pid)
        except ProcessLookupError:
            return
        self._times.append(time.time())
        self._used.append(used)

    def total(self) -> float:
        """Processor seconds used until now, since the first sample."""
        self.look()
        return self._used[-1] - self._used[0]

    def between(self, first_s: float, last_s: float) -> float:
        """Processor seconds used between two wall-clock times, seconds since the epoch."""
        return self._at(last_s) - self._at(first_s)

    def _at(self, time_s: float) -> float:
        after = bisect_right(self._times, time_s)
        if after == 0:
            return 0.0
        if after == len(self._times):
            return self._used[-1]
        t0, t1 = self._times[after - 1], self._times[after]
        u0, u1 = self._used[after - 1], self._used[after]
        return u0 + (u1 - u0) * (time_s - t0) / (t1 - t0)
