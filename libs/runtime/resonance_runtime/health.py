"""What a service knows of its own health, free of I/O.

Conditions decide readiness: each thing a service needs before it can work has one. Degradations do not:
the service works, with something missing that it names. Progress decides liveness: a consumer that has
work and does not move is not alive, whatever the process says.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

Clock = Callable[[], float]


@dataclass(slots=True)
class Condition:
    """One thing that must be so before the service is ready; `reason` is None when it is."""

    name: str
    reason: str | None

    def met(self) -> None:
        """The condition holds."""
        self.reason = None

    def unmet(self, reason: str) -> None:
        """The condition does not hold; `reason` is a sentence."""
        self.reason = reason


@dataclass(slots=True)
class Progress:
    """Progress of one consumer: busy since when, without having moved."""

    name: str
    clock: Clock
    _busy_since: float | None = None

    def busy(self) -> None:
        """There is work; the time counts from now unless it counts already."""
        if self._busy_since is None:
            self._busy_since = self.clock()

    def moved(self) -> None:
        """Some work was finished, or tried again because something outside is down; the time counts anew."""
        if self._busy_since is not None:
            self._busy_since = self.clock()

    def idle(self) -> None:
        """There is no work."""
        self._busy_since = None

    def stuck_for(self) -> float:
        """Seconds since the last progress while there was work; 0 when idle."""
        return 0.0 if self._busy_since is None else self.clock() - self._busy_since


@dataclass(slots=True)
class Health:
    """Readiness, degradations, liveness and facts of one service.

    Attributes:
        stall_s: A consumer stuck for longer is not alive, seconds.
        stopping: Set when the service drains; it is not ready any more.
        details: Facts for people, shown in `/health` and in heartbeats.
    """

    stall_s: float
    clock: Clock = time.monotonic
    stopping: bool = False
    details: dict[str, str] = field(default_factory=dict)
    _conditions: dict[str, Condition] = field(default_factory=dict)
    _degraded: dict[str, str] = field(default_factory=dict)
    _progress: list[Progress] = field(default_factory=list)
    _watched: list[Callable[[], Mapping[str, str]]] = field(default_factory=list)

    def wait_for(self, name: str, reason: str) -> Condition:
        """Adds a condition that does not hold yet; the same name gives the same condition."""
        return self._conditions.setdefault(name, Condition(name, reason))

    def progress(self, name: str) -> Progress:
        """Adds a consumer whose progress liveness looks at."""
        progress = Progress(name, self.clock)
        self._progress.append(progress)
        return progress

    def forget(self, progress: Progress) -> None:
        """Takes a consumer out of the liveness check."""
        self._progress = [p for p in self._progress if p is not progress]

    def degraded(self, name: str, reason: str) -> None:
        """The service works without `name`; `reason` is a sentence."""
        self._degraded[name] = reason

    def watch(self, degradations: Callable[[], Mapping[str, str]]) -> None:
        """Adds what is asked for degradations whenever somebody wants to know them: reasons by name."""
        self._watched.append(degradations)

    def clear(self, name: str) -> None:
        """Takes back a degradation."""
        self._degraded.pop(name, None)

    def unready(self) -> Mapping[str, str]:
        """Reasons by condition; empty when ready."""
        if self.stopping:
            return {"stopping": "The service is draining."}
        return {c.name: c.reason for c in self._conditions.values() if c.reason is not None}

    def degradations(self) -> Mapping[str, str]:
        """What the service does without, by name."""
        found = dict(self._degraded)
        for degradations in self._watched:
            found |= degradations()
        return found

    def stalled(self) -> Mapping[str, str]:
        """Consumers without progress, by name; empty when alive."""
        return {
            p.name: f"No progress for {p.stuck_for():.0f} s with work waiting."
            for p in self._progress
            if p.stuck_for() > self.stall_s
        }
