"""How grave it is for the log that something failed."""

from __future__ import annotations

import logging

from resonance_auto_retrainer.telling import Abandoned
from resonance_runtime.errors import Unavailable


def level_of(fault: Exception) -> int:
    """WARNING where something outside is down, or the service stops; ERROR where models or training are at fault."""
    return logging.WARNING if isinstance(fault, (Unavailable, Abandoned)) else logging.ERROR
