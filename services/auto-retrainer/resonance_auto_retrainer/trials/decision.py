"""What follows from what a stage has seen: it goes on, ends well, or the version is taken back. No I/O, no clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import exp
from typing import Final

from resonance_auto_retrainer.trials.seen import Seen
from resonance_auto_retrainer.trials.stage import Stage
from resonance_auto_retrainer.trials.telling import counted, minutes
from resonance_auto_retrainer.trials.terms import TrialTerms

LEAST_BLANKS: Final = 10
BLANK_SHARE: Final = 0.01
"""More vectors of which a version says nothing though the other does are a fault."""


class Act(StrEnum):
    """What follows."""

    GO_ON = "go on"
    ADVANCE = "advance"
    TAKE_BACK = "take back"


@dataclass(frozen=True, slots=True)
class Decision:
    """What follows, and why or what it waits for, a sentence."""

    act: Act
    reason: str


def decide(stage: Stage, seen: Seen, elapsed_us: int, terms: TrialTerms, faults: Sequence[str] = ()) -> Decision:
    """What follows.

    Args:
        stage: SHADOW, AB or BAKE.
        seen: What was seen in it.
        elapsed_us: Time since it began, microseconds.
        terms: What is asked.
        faults: What predictors say of the version, sentences.
    """
    if tripped := _tripped(stage, seen, terms, faults):
        return Decision(Act.TAKE_BACK, tripped)
    least_us = {Stage.SHADOW: terms.shadow_us, Stage.AB: terms.min_us, Stage.BAKE: terms.bake_us}[stage]
    compared, users = counted(stage, seen), seen.users_new + seen.users_old if stage is Stage.AB else seen.users_new
    if elapsed_us < least_us:
        last_us = terms.max_us if stage is Stage.AB else least_us
        latest = " at the latest" if stage is Stage.AB else ""
        return Decision(Act.GO_ON, f"{compared}; decided in {minutes(last_us - elapsed_us)}{latest}.")
    if users < terms.min_users or seen.vectors < terms.min_vectors or not seen.users_new:
        return Decision(
            Act.GO_ON,
            f"{compared}; waiting for more to compare: {users} of {terms.min_users} users, {seen.vectors} of "
            f"{terms.min_vectors} vectors.",
        )
    if stage is not Stage.AB:
        return Decision(Act.ADVANCE, f"{compared}.")
    if seen.less >= terms.bar:
        return Decision(Act.ADVANCE, f"{compared}, so it is less than {terms.ratio:g} times as many.")
    if elapsed_us >= terms.max_us:
        return Decision(Act.ADVANCE, f"{compared}, and no harm was shown within {minutes(terms.max_us)}.")
    return Decision(Act.GO_ON, f"{compared}; decided in {minutes(terms.max_us - elapsed_us)} at the latest.")


def _tripped(stage: Stage, seen: Seen, terms: TrialTerms, faults: Sequence[str]) -> str:
    """Why it is to be taken back; "" where nothing says so."""
    if faults:
        return faults[0] if faults[0].endswith(".") else f"{faults[0]}."
    if seen.blank >= LEAST_BLANKS and seen.blank > BLANK_SHARE * seen.vectors:
        return f"It says nothing of {seen.blank} of {seen.vectors} vectors that the other version scores."
    if seen.more >= terms.bar and seen.ratio >= terms.ratio:
        odds = exp(min(seen.more, 50.0))
        return (
            f"{counted(stage, seen)}: about {seen.ratio:.1f} times as many, less than {terms.ratio:g} are accepted, "
            f"and by chance it would be so once in {odds:,.0f} times at most."
        )
    return ""
