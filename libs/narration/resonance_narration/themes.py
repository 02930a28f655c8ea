"""What an incident is about: advice is written for themes, so that rules written by operators get it too."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from resonance_contracts.features import BY_NAME, Group
from resonance_narration.facts import Detector, FeatureFact, FindingFact, known


class Theme(StrEnum):
    """The feature groups, and two more."""

    VOLUME = "volume"
    ERRORS = "errors"
    LIMITS = "limits"
    SESSION = "session"
    CHANNELS = "channels"
    TIMING = "timing"
    ADDRESSES = "addresses"
    TOKENS = "tokens"
    DROP = "drop"
    GENERAL = "general"


RULE_THEMES: Final[dict[str, Theme]] = {
    "message_flood": Theme.VOLUME,
    "error_spike": Theme.ERRORS,
    "rate_limit_abuse": Theme.LIMITS,
    "token_sharing": Theme.TOKENS,
    "address_rotation": Theme.ADDRESSES,
    "clockwork_timing": Theme.TIMING,
}
UNUSUAL: Final = "unusual_"
BEHAVIOUR: Final = "unusual_behaviour"
_EVEN: Final = -0.2
_BURSTS: Final = 0.3
"""Below and above which a burstiness reads as even and as bursts."""
_EITHER_WAY: Final = frozenset({Theme.SESSION, Theme.TIMING})


def theme_of(finding: FindingFact, lead: FeatureFact | None = None) -> Theme:
    """What the finding is about; `lead` is its strongest feature, if the value is known.

    Less than usual is a theme of its own: advice against too much would be wrong there. Bursts are too much at once:
    what is said of even intervals would be wrong of them.
    """
    theme = _named(finding)
    if finding.detector is Detector.RULE or lead is None:
        return theme
    if theme is Theme.TIMING and in_bursts(lead):
        return Theme.VOLUME
    if theme in _EITHER_WAY:
        return theme
    return Theme.DROP if direction(lead) < 0 and theme is not Theme.GENERAL else theme


def direction(fact: FeatureFact) -> int:
    """1 above, -1 below the user's usual value (or the reference where that is unknown), 0 if neither."""
    against = fact.usual if known(fact.usual) else fact.reference
    if against is None or not known(against) or not known(fact.value):
        return 0
    return (fact.value > against) - (fact.value < against)


def in_bursts(fact: FeatureFact) -> bool:
    """Whether a rhythm is one of bursts: more so than usual, or clearly so where the usual is not known."""
    if not known(fact.value) or fact.value < _EVEN:
        return False
    return direction(fact) > 0 or (direction(fact) == 0 and fact.value > _BURSTS)


def _named(finding: FindingFact) -> Theme:
    if finding.kind in RULE_THEMES:
        return RULE_THEMES[finding.kind]
    group = finding.kind.removeprefix(UNUSUAL)
    if finding.kind.startswith(UNUSUAL) and group in set(Group):
        return Theme(group)
    if finding.kind == BEHAVIOUR or not finding.features or finding.features[0] not in BY_NAME:
        return Theme.GENERAL
    return Theme(BY_NAME[finding.features[0]].group.value)
