"""Why a group is told of, or not: the one decision, from what a receiver was told and what is so now."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import Final

from resonance_contracts.pb.resonance.v1 import detection_pb2
from resonance_llm_orchestrator.notifying.labels import fnv

CRITICAL: Final = int(detection_pb2.SEVERITY_CRITICAL)
_SEVERITY_BITS: Final = 3


class Reason(StrEnum):
    """Why there is a notification."""

    FIRST = "first"
    NEW = "new in the group"
    SEVERITY = "severity rose"
    PAGE = "page at once"
    SOME_RESOLVED = "some resolved"
    RESOLVED = "resolved"
    REPEAT = "repeat"


def mark(alert_id: str, severity: int) -> int:
    """An incident at a severity in 64 bits: 61 of a hash, 3 of severity."""
    return _hash(alert_id) >> _SEVERITY_BITS << _SEVERITY_BITS | severity


@lru_cache(1 << 16)
def _hash(alert_id: str) -> int:
    return fnv(alert_id.encode())


def severities(marks: Collection[int]) -> dict[int, int]:
    """Severity by hash."""
    return {one >> _SEVERITY_BITS: one & (1 << _SEVERITY_BITS) - 1 for one in marks}


@dataclass(frozen=True, slots=True)
class Told:
    """What a receiver knows of a group.

    Attributes:
        sequence: Of the last notification that was decided; 0 before the first.
        firing: Severity by hash of incidents that it was told are open.
        resolved: Hashes of those that the same notification said are over.
        told_us: When it was told, microseconds since the epoch; 0 for never.
    """

    sequence: int = 0
    firing: Mapping[int, int] = field(default_factory=dict)
    resolved: frozenset[int] = frozenset()
    told_us: int = 0


def reason_for(
    told: Told, firing: Mapping[int, int], resolved: Collection[int], repeat_us: int, now_us: int, *, tells_end: bool
) -> Reason | None:
    """Why a receiver is to be told now; None for no reason.

    The order is that of Alertmanager's `DedupStage.needsUpdate`; pages and a severity that rose are ours.

    Args:
        told: What it knows.
        firing, resolved: What is so: severity by hash, and hashes.
        repeat_us: After which it is told again, microseconds.
        now_us: Microseconds since the epoch.
        tells_end: Whether it wants to hear that an incident of several is over.
    """
    if any(grade == CRITICAL and told.firing.get(one, 0) < CRITICAL for one, grade in firing.items()):
        return Reason.PAGE
    if any(one not in told.firing for one in firing):
        return Reason.NEW if told.firing else Reason.FIRST
    if any(grade > told.firing[one] for one, grade in firing.items()):
        return Reason.SEVERITY
    if not firing:
        return Reason.RESOLVED if told.firing else None
    if tells_end and any(one not in told.resolved for one in resolved):
        return Reason.SOME_RESOLVED
    return Reason.REPEAT if told.told_us + repeat_us <= now_us else None
