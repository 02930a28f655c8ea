"""What a process has of its machine: the memory that it may take."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from resonance_runtime import metrics

LIMITS: Final = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))
"""Where the kernel tells a container its limit: control groups of version 2 and of version 1."""

NO_LIMIT: Final = 2**60
"""Version 1 says a number near 2**63 where there is no limit, version 2 says "max"."""


def memory_limit(places: Sequence[Path] = LIMITS) -> int | None:
    """Bytes that this process and those beside it may take together; None where there is no limit."""
    for place in places:
        try:
            said = place.read_text(encoding="ascii").strip()
        except OSError:
            continue
        return int(said) if said.isdecimal() and int(said) < NO_LIMIT else None
    return None


def observe(places: Sequence[Path] = LIMITS) -> None:
    """Sets the metric, for a reading that is about to be answered."""
    limit = memory_limit(places)
    metrics.MEMORY_LIMIT.set(float("inf") if limit is None else limit)
