"""The rules of a run: by them some users have incidents some of the time; by the default ones everybody would."""

from __future__ import annotations

import json
from typing import Final

# Shares of the pace of the plan, in messages a minute.
HIGH: Final = 1.4
CRITICAL: Final = 2.0
# One frame in fifty is an error, and one in ten comes from any of three addresses.
ERRORS: Final = 0.04
ENTROPY: Final = 0.55
QUIET_S: Final = 20
"""Incidents end within the run."""


def rules_of(pace: float) -> str:
    """A file of rules.

    Args:
        pace: Frames a minute of each user, as planned.
    """
    covers = ["volume", "channels", "timing", "limits"]
    high, critical = (f"messages_per_minute >= {round(share * pace)}" for share in (HIGH, CRITICAL))
    rules = [
        {"kind": "message_flood", "severity": "high", "when": [high], "covers": covers},
        {"kind": "message_flood", "severity": "critical", "when": [critical], "covers": covers},
        {"kind": "error_spike", "severity": "medium", "when": [f"error_rate >= {ERRORS}"], "persist": 3},
        {"kind": "address_rotation", "severity": "medium", "when": [f"ip_entropy >= {ENTROPY}"], "persist": 2},
    ]
    return json.dumps({"rules": rules}, indent=2) + "\n"
