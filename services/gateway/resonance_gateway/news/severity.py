"""Severities by the names that people use."""

from __future__ import annotations

from enum import StrEnum

from resonance_contracts.pb.resonance.v1 import detection_pb2 as pb


class Severity(StrEnum):
    """How much an anomaly matters, least first."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """Its number on the wire; a higher one matters more."""
        return pb.Severity.Value(f"SEVERITY_{self.name}")
