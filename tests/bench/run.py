"""One run of one side of a benchmark of throughput."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.bench.figure import rounded


@dataclass(frozen=True, slots=True)
class Run:
    """What one run gave.

    Attributes:
        per_second: Events a second.
        cpu_us_per_event: Processor time of the process for an event, all its threads, microseconds.
        seconds: How long was measured.
        events: How many events were measured.
        further: What else was seen.
    """

    per_second: float
    cpu_us_per_event: float
    seconds: float
    events: int
    further: Mapping[str, Any] = field(default_factory=dict)

    def as_detail(self) -> dict[str, Any]:
        """The run as it stands in a result."""
        return {
            "per_second": rounded(self.per_second),
            "cpu_us_per_event": rounded(self.cpu_us_per_event),
            "seconds": round(self.seconds, 2),
            "events": self.events,
            **self.further,
        }
