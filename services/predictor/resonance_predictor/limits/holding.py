"""When a limit is set, kept, changed and over: event time alone decides, so that nothing has to be told to end it.

set ──▶ steady for half its time ──▶ renewed, as is wanted then, if the reason lasts ──▶ …
               │                     └─ over when its time is, if it does not
               └─ changed at once if the reason got graver
"""

from __future__ import annotations

import msgspec

from resonance_predictor.limits.policy import Allowance
from resonance_predictor.severity import Severity


class Held(msgspec.Struct, frozen=True):
    """A limit that was set.

    Attributes:
        allowance: What the user may send.
        severity: Of the gravest incident that was its reason.
        adjusted_us, expires_us: Event times at which it was set or renewed, and at which it ends.
    """

    allowance: Allowance
    severity: Severity
    adjusted_us: int
    expires_us: int


def hold(before: Held | None, wanted: Allowance, severity: Severity, at_us: int, lasts_us: int) -> Held | None:
    """What is to be set now; None where nothing is: what was set before stays, to its end.

    Args:
        before: What was set last.
        wanted: What the user should be allowed now.
        severity: Of the gravest incident that is the reason.
        at_us: Event time. It may go back where clocks differ.
        lasts_us: A limit ends so long after it was set or renewed.
    """
    if before is None or before.expires_us <= at_us:
        return Held(wanted, severity, at_us, at_us + lasts_us)
    graver = severity > before.severity and wanted.rate < before.allowance.rate
    if graver or 2 * (at_us - before.adjusted_us) >= lasts_us:
        later_us = max(at_us, before.adjusted_us + 1)
        return Held(wanted, severity, later_us, later_us + lasts_us)
    return None
