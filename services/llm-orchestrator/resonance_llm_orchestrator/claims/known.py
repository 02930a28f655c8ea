"""What facts say of features: which there are, which way each is off, and what each does to a score."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite
from typing import Any, Final

from resonance_contracts.features import INDEX
from resonance_llm_orchestrator.claims.lexicon import DOWN, UP

_COMPARED: Final = ("usual_of_this_user", "usual", "compared_value", "threshold")
_NAMES: Final = ("name", "metric")


@dataclass(slots=True)
class Known:
    """Features of the catalogue in some facts.

    Attributes:
        ways: UP and DOWN as far as each feature is above or below something it is compared with.
        pushes: UP and DOWN as each raises or lowers a score.
        severity: As code set it; "" where it is not told.
        severity_before: What it was before the incident became graver; "" where it did not.
    """

    ways: dict[str, set[int]] = field(default_factory=dict)
    pushes: dict[str, set[int]] = field(default_factory=dict)
    severity: str = ""
    severity_before: str = ""


def known_of(facts: Mapping[str, Any]) -> Known:
    """What some facts say."""
    rise = facts.get("became_graver")
    before = str(rise.get("severity_before", "")) if isinstance(rise, Mapping) else ""
    known = Known(severity=str(facts.get("severity", "")), severity_before=before)
    _collect(facts, known)
    noticed = facts.get("noticed")
    if isinstance(noticed, Mapping) and noticed.get("by") == "rule" and noticed.get("features"):
        _compare(known.ways.setdefault(str(noticed["features"][0]), set()), noticed.get("observed"), noticed)
    return known


def _collect(value: Any, known: Known) -> None:
    if isinstance(value, str):
        if value in INDEX:
            known.ways.setdefault(value, set())
    elif isinstance(value, dict):
        for key in _NAMES:
            if isinstance(name := value.get(key), str) and name in INDEX:
                _take(name, value, known)
        for part in value.values():
            if isinstance(part, (str, dict, list, tuple)):
                _collect(part, known)
    elif isinstance(value, (list, tuple)):
        for part in value:
            _collect(part, known)


def _take(name: str, entry: Mapping[str, Any], known: Known) -> None:
    _compare(known.ways.setdefault(name, set()), entry.get("value"), entry)
    if isinstance(attribution := entry.get("attribution"), float) and attribution:
        known.pushes.setdefault(name, set()).add(UP if attribution > 0 else DOWN)


def _compare(ways: set[int], value: Any, entry: Mapping[str, Any]) -> None:
    if not _is_number(value):
        return
    for key in _COMPARED:
        if _is_number(other := entry.get(key)) and value != other:
            ways.add(UP if value > other else DOWN)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and isfinite(value)
