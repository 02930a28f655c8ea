"""What became of a version that was offered."""

from __future__ import annotations

from dataclasses import dataclass

from resonance_auto_retrainer.trials.gate import Gate
from resonance_modeling.artifact import Manifest


@dataclass(frozen=True, slots=True)
class Offered:
    """What became of it.

    Attributes:
        outcome: "promoted", "trial", "stored", "unchanged".
        message: A sentence or more.
        manifest: As it is stored.
        gates: What was asked of it; empty where nothing was.
    """

    outcome: str
    message: str
    manifest: Manifest
    gates: tuple[Gate, ...] = ()
