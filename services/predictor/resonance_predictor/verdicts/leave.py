"""What a verdict of "false" gives leave for: the same of the same user, up to a little more than what was seen.

Bounded, so that nobody can be taught into silence:

- It ends `LASTS_US` of event time after the incident was last seen.
- A deviation from the user's normal may be as large as it was and a tenth more; what is larger counts as always.
- Evidence may go on for as long as it did and a quarter more, at most for what ten minutes of the strongest come to.
- What a rule compares may be as far out as it was and a tenth more: at most at twice the rule's threshold; half of the
  way from there to the end of its range, where a feature has one. It may fire for as long as it did and a quarter more.
  No graver rule is excused, and never a critical one.
"""

from __future__ import annotations

from math import isfinite
from typing import Final

import msgspec

from resonance_contracts.features import BY_NAME, INDEX
from resonance_predictor.deviation import SIDES
from resonance_predictor.findings import Finding
from resonance_predictor.peaks import DAY_US, Grounds
from resonance_predictor.severity import Severity

LASTS_US: Final = 28 * DAY_US
LONGER: Final = 1.25
FARTHER: Final = 1.1
LEAST_ROOM_US: Final = 60_000_000
"""What a rule may fire for at least: an incident is opened by the last of some vectors in a row, and leave is counted
from the first."""

MOST_TIMES: Final = 2.0
"""Of a rule's threshold."""

MOST_EVIDENCE: Final = {Grounds.DEVIATION: 65.0, Grounds.CLIMB: 45.0, Grounds.SURPRISE: 30.0}
"""Ten minutes of the strongest: 6.5 and 4.5 spreads above the drift, 3 powers of ten above what is ordinary."""

RULE: Final = "rule"
"""What stands in place of a kind of evidence where a rule opened the incident."""


class Leave(msgspec.Struct, frozen=True):
    """What one verdict gives leave for.

    Attributes:
        user_key, stream, kind, grounds: Of whom, where, and of what: see `resonance.v1.Alert`.
        until_us: Event time at which it ends.
        farthest: Value that is not beyond it: of a rule's headline, or spreads of a deviation.
        evidence: How much evidence is not beyond it, as a multiple of what is asked of anybody; 0 for a rule.
        feature, threshold: The rule's headline, and what it was compared with.
        severity: Graver findings of the rule are not excused.
        room_us: Event time that the rule may fire for.
    """

    user_key: str
    stream: str
    kind: str
    grounds: str
    until_us: int
    farthest: float
    evidence: float = 0.0
    feature: str = ""
    threshold: float = 0.0
    severity: int = 0
    room_us: int = 0

    def excuses(self, finding: Finding, firing_us: int) -> bool:
        """Whether a rule's finding of this kind, which has fired for so long, is within it."""
        if (
            self.grounds != RULE
            or firing_us > self.room_us
            or finding.severity > self.severity
            or finding.severity >= Severity.CRITICAL
        ):
            return False
        beyond = (finding.observed - self.farthest) * (self.farthest - self.threshold)
        return finding.features[0] == self.feature and beyond <= 0.0


def rule_room(feature: str, threshold: float, farthest: float) -> float | None:
    """How far out a rule's headline may be; None where there is no room.

    Args:
        feature: The headline.
        threshold: What it was compared with.
        farthest: The farthest value that was seen.
    """
    known = BY_NAME.get(feature)
    if known is None or not isfinite(farthest):
        return None
    upward = farthest > threshold or (farthest == threshold and SIDES[INDEX[feature]] >= 0)
    wanted = farthest * FARTHER if upward == (farthest > 0.0) else farthest / FARTHER
    end = known.upper if upward else known.lower
    most = (threshold + end) / 2.0 if isfinite(end) else threshold * MOST_TIMES
    room = min(wanted, most) if upward else max(wanted, most)
    return room if room != threshold and (room > threshold) == upward else None
