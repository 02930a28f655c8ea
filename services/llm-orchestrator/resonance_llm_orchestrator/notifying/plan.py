"""What the file of routes says, checked: the tree, the receivers with their ways out, the inhibition rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from resonance_llm_orchestrator.notifying.inhibition import InhibitionRule
from resonance_llm_orchestrator.notifying.routing import Route
from resonance_llm_orchestrator.notifying.ways import WayConfig


@dataclass(frozen=True, slots=True)
class Way:
    """One way to a receiver.

    Attributes:
        name: Of the way among those of its receiver, as "webhook/0".
        tells_end: Whether it tells that incidents are over.
        config: Where it goes.
    """

    name: str
    tells_end: bool
    config: WayConfig


@dataclass(frozen=True, slots=True)
class Receiver:
    """Who is told; without ways, what is told is on the topic of notifications alone."""

    name: str
    ways: tuple[Way, ...]


@dataclass(frozen=True, slots=True)
class NotifyingPlan:
    """Routes, receivers by name, and rules."""

    root: Route
    receivers: Mapping[str, Receiver]
    inhibitions: tuple[InhibitionRule, ...]
