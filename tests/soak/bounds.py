"""What a soak must keep to, stated beforehand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from tests.chaos.outcome import Outcome
from tests.soak.run import Soaked
from tests.soak.slope import Slope, slope

OURS: Final = ("gateway", "feature-extractor", "predictor", "xai", "llm-orchestrator", "auto-retrainer")
MIB: Final = 2**20
DAY_S: Final = 86_400.0
LONG_S: Final = 2_880.0
"""Measured for so long, after the warm-up, a soak is a long one."""
LONG_SHARE: Final = 0.10
"""Of a container's limit, that a day may add to its memory by a long soak."""
FULL_SHARE: Final = 0.9
"""Of its limit, that no container may ever use."""
DESCRIPTORS: Final = 0.05
LEAST_DESCRIPTORS: Final = 5
THREADS: Final = 2
UNANSWERED: Final = 0.01
"""Share of the questions that may be answered with 5xx, which is also what an answer too late is."""


def kept(soaked: Soaked) -> slice:
    """The samples after the warm-up."""
    return slice(int(np.searchsorted(soaked.times_s, soaked.warm_s)), None)


def growth(soaked: Soaked, service: str) -> Slope:
    """Of a container's memory, bytes a second."""
    return slope(soaked.times_s[kept(soaked)], [u.resident_bytes for u in soaked.usage[service][kept(soaked)]])


def bounds(soaked: Soaked) -> list[Outcome]:
    """Whether everything stays flat."""
    return [
        Outcome("memory of the six services is flat", "see the table", list(_memory(soaked))),
        Outcome("no container comes near its limit", f"below {FULL_SHARE:.0%}", list(_full(soaked))),
        Outcome(
            "descriptors and threads of the six services are flat", "see the table",
            [*_drift(soaked, "descriptors", DESCRIPTORS, LEAST_DESCRIPTORS), *_drift(soaked, "threads", 0.0, THREADS)],
        ),
        Outcome(
            "no container was started again", f"{len(soaked.usage)} containers",
            [f"{name} was started again" for name in soaked.restarts],
        ),
        Outcome(
            f"all but {UNANSWERED:.0%} of the questions were answered",
            f"{soaked.asked.answers.total():,} questions, {sum(soaked.asked.failures.values())} not answered",
            list(_unanswered(soaked)),
        ),
    ]  # fmt: skip


def _memory(soaked: Soaked) -> Iterator[str]:
    measured_s = soaked.times_s[-1] - soaked.times_s[kept(soaked)][0]
    for service in OURS:
        low, limit = growth(soaked, service).low * DAY_S, soaked.limits[service]
        room = limit - soaked.usage[service][-1].resident_bytes
        most = LONG_SHARE * limit if measured_s >= LONG_S else room
        if low > most:
            yield f"{service} grows by {low / MIB:.0f} MiB a day at least; {most / MIB:.0f} are allowed"


def _unanswered(soaked: Soaked) -> Iterator[str]:
    failures = soaked.asked.failures
    if sum(failures.values()) > UNANSWERED * soaked.asked.answers.total():
        yield from (f"{n} times {what}" for what, n in failures.items())


def _full(soaked: Soaked) -> Iterator[str]:
    for service, samples in soaked.usage.items():
        most = max(u.resident_bytes for u in samples)
        if most > FULL_SHARE * soaked.limits[service]:
            yield f"{service} used {most / MIB:.0f} of {soaked.limits[service] / MIB:.0f} MiB"


def _drift(soaked: Soaked, what: str, share: float, least: int) -> Iterator[str]:
    for service in OURS:
        values = [getattr(u, what) for u in soaked.usage[service][kept(soaked)]]
        third = max(1, len(values) // 3)
        first, last = np.median(values[:third]), np.median(values[-third:])
        if last - first > max(least, share * first):
            yield f"{what} of {service} went from {first:.0f} to {last:.0f}"
