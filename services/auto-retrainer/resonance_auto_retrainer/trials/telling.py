"""Trials in words."""

from __future__ import annotations

from resonance_auto_retrainer.trials.seen import Seen
from resonance_auto_retrainer.trials.stage import Stage
from resonance_auto_retrainer.trials.terms import MINUTE_US


def short(version: str) -> str:
    """A version by its first digits."""
    return f"{version[:12]}…"


def minutes(time_us: int) -> str:
    """A time in minutes, in seconds where it is short."""
    if time_us < 2 * MINUTE_US:
        return f"{max(time_us, 0) / 1e6:.0f} s"
    return f"{time_us / MINUTE_US:.0f} min"


def counted(stage: Stage, seen: Seen) -> str:
    """What was counted, without an end."""
    if stage is Stage.AB:
        verdicts = ""
        if seen.false_new or seen.false_old:
            verdicts = f" (called false by an operator: {seen.false_new} and {seen.false_old})"
        return (
            f"{seen.found_new} of {seen.users_new} users alerted, {seen.found_old} of {seen.users_old} by the champion"
            f"{verdicts}"
        )
    other = "the champion" if stage is Stage.SHADOW else "the version before"
    return f"{seen.found_new} users found unusual of {seen.users_new}, {other} finds {seen.found_old}"


def told(stage: Stage, version: str, since_us: int, share: float) -> str:
    """Where a version is, without an end."""
    for_so_long = f"since {minutes(since_us)}"
    return {
        Stage.SHADOW: f"Version {short(version)} is scored beside the champion {for_so_long}",
        Stage.AB: f"Version {short(version)} is on trial with {share * 100:g} % of the users {for_so_long}",
        Stage.BAKE: f"Version {short(version)} is champion {for_so_long}, and watched beside the one before",
    }[stage]
