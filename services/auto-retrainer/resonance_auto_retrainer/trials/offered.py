"""What became of a version that was offered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

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
        figures: What its reasons are beside the champion's, by name; see `comparing`.
    """

    outcome: str
    message: str
    manifest: Manifest
    gates: tuple[Gate, ...] = ()
    figures: Mapping[str, float] = field(default_factory=dict)
