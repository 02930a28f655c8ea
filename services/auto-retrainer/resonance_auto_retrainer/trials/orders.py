"""In which order aliases are changed, so that a crash between two of them leaves a state from which it goes on.

    into shadow     shadow := candidate
    into A/B        challenger := candidate, shadow := nothing
    promoted        champion := candidate, shadow := the champion before, challenger := nothing
    settled         shadow := nothing
    withdrawn       challenger := nothing, shadow := nothing
    rolled back     champion := the champion before, shadow := nothing
    by hand         challenger := nothing, shadow := nothing, champion := whatever was asked for
By hand, trials end first: were the champion changed before, what is left would look like a trial against another one.
"""

from __future__ import annotations

from dataclasses import dataclass

from resonance_modeling.alias import AliasName


@dataclass(frozen=True, slots=True)
class Move:
    """One alias is to name another version.

    Attributes:
        alias: Which.
        version: What it is to name, "" for nothing.
        reason: Why, a sentence.
        share: Share of the users, of a challenger.
    """

    alias: AliasName
    version: str
    reason: str
    share: float | None = None


def into_shadow(version: str, reason: str) -> list[Move]:
    """A version is scored beside the champion."""
    return [Move("shadow", version, reason)]


def into_trial(version: str, share: float, reason: str) -> list[Move]:
    """The version that was scored beside serves some of the users."""
    return [Move("challenger", version, reason, share), Move("shadow", "", reason)]


def promoted(version: str, before: str, reason: str) -> list[Move]:
    """The challenger is the champion, and the one before is scored beside."""
    return [Move("champion", version, reason), Move("shadow", before, reason), Move("challenger", "", reason)]


def settled(reason: str) -> list[Move]:
    """The champion before is not scored any more."""
    return [Move("shadow", "", reason)]


def withdrawn(challenging: str, beside: str, reason: str) -> list[Move]:
    """Nothing but the champion is scored any more."""
    ends = [Move("challenger", "", reason)] if challenging else []
    return ends + ([Move("shadow", "", reason)] if beside else [])


def rolled_back(before: str, reason: str) -> list[Move]:
    """The champion before is the champion again."""
    return [Move("champion", before, reason), Move("shadow", "", reason)]


def by_hand(version: str, serving: str, challenging: str, beside: str, reason: str) -> list[Move]:
    """A version is the champion at once, and nothing else is scored."""
    if beside == version and not challenging:
        return rolled_back(version, reason)
    champion = [] if version == serving else [Move("champion", version, reason)]
    return withdrawn(challenging, beside, reason) + champion
