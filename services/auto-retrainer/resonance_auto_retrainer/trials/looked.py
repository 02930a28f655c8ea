"""What one look at the trial found."""

from __future__ import annotations

from dataclasses import dataclass, field

from resonance_auto_retrainer.trials.seen import Seen
from resonance_auto_retrainer.trials.stage import Stage


@dataclass(frozen=True, slots=True)
class Look:
    """What a look found.

    Attributes:
        stage: Where the version is.
        version: That is judged, "" for none.
        seen: Evidence of this stage.
        said: All of it, a sentence or more.
    """

    stage: Stage
    version: str = ""
    seen: Seen = field(default_factory=Seen)
    said: str = "The aliases are being read."
