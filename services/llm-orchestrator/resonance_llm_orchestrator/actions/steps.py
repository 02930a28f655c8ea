"""The state machine: which step follows on which, each a function of the action, the time and who takes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from resonance_llm_orchestrator.actions.action import POLICY, Action, State, Subject
from resonance_llm_orchestrator.actions.errors import NotAllowed
from resonance_llm_orchestrator.actions.kinds import Undo

SECOND_US: Final = 1_000_000
MOST_ATTEMPTS: Final = 3

FOLLOWS: Final[Mapping[State, frozenset[State]]] = {
    State.PROPOSED: frozenset({State.APPROVED, State.REJECTED, State.EXPIRED}),
    State.APPROVED: frozenset({State.RUNNING, State.EXPIRED}),
    State.REJECTED: frozenset(),
    State.EXPIRED: frozenset(),
    State.RUNNING: frozenset({State.RUNNING, State.SUCCEEDED, State.FAILED}),
    State.SUCCEEDED: frozenset({State.UNDOING, State.UNDONE}),
    State.FAILED: frozenset({State.APPROVED}),
    State.UNDOING: frozenset({State.UNDOING, State.UNDONE, State.SUCCEEDED}),
    State.UNDONE: frozenset(),
}


def proposed(subject: Subject) -> Action:
    """The first step."""
    return Action(subject, State.PROPOSED, 1, subject.proposed_us)


def approved(action: Action, who: str, why: str, now_us: int) -> Action:
    """Somebody lets it run; also once more after it failed.

    Raises:
        NotAllowed: It is decided already, or the time for that is over.
    """
    if action.state is State.PROPOSED and now_us >= action.subject.expires_us:
        raise NotAllowed("Nobody decided on it in time, so it is not done; propose it anew if it is still needed.")
    if action.state is State.FAILED and who == POLICY:
        raise NotAllowed("It failed; only a person lets it run once more.")
    return _decided(action, State.APPROVED, who, why, now_us)


def rejected(action: Action, who: str, why: str, now_us: int) -> Action:
    """Somebody does not want it; raises NotAllowed."""
    return _decided(action, State.REJECTED, who, why, now_us)


def expired(action: Action, why: str, now_us: int) -> Action:
    """It is not done any more: nobody decided in time, or there is no reason left; raises NotAllowed."""
    return _decided(action, State.EXPIRED, POLICY, why, now_us)


def claimed(action: Action, runner: str, lease_us: int, now_us: int) -> Action:
    """A process begins to run it, or to take it back, or goes on where one before it broke off.

    Raises:
        NotAllowed: It is not to be run, or another one runs it.
    """
    if action.state in (State.RUNNING, State.UNDOING) and now_us < action.lease_until_us:
        raise NotAllowed("Another process runs it.")
    undoing = action.state is State.UNDOING
    return replace(
        _step(action, State.UNDOING if undoing else State.RUNNING, now_us),
        runner=runner,
        lease_until_us=now_us + lease_us,
        attempts=action.attempts + 1,
        effect_until_us=action.effect_until_us if undoing else _effect_until(action),
    )


def prepared(action: Action, memo: Mapping[str, float], now_us: int) -> Action:
    """What was found before it is run is kept, so that a repeat does the same; raises NotAllowed."""
    return replace(_step(action, State.RUNNING, now_us), memo=dict(memo))


def succeeded(action: Action, outcome: str, now_us: int) -> Action:
    """It is done; raises NotAllowed."""
    return replace(_step(action, State.SUCCEEDED, now_us), outcome=outcome)


def failed(action: Action, outcome: str, now_us: int) -> Action:
    """It could not be done; raises NotAllowed."""
    return replace(_step(action, State.FAILED, now_us), outcome=outcome, effect_until_us=0)


def undo_asked(action: Action, who: str, why: str, now_us: int) -> Action:
    """Somebody wants it taken back.

    Raises:
        NotAllowed: It was not done, or nothing takes it back.
    """
    if action.state is State.SUCCEEDED and action.kind.undo is Undo.NEVER:
        raise NotAllowed(f"Nothing takes {action.subject.kind} back.")
    return replace(_decided(action, State.UNDOING, who, why, now_us), attempts=0, lease_until_us=0)


def undone(action: Action, outcome: str, now_us: int) -> Action:
    """It is taken back, or over by itself; raises NotAllowed."""
    return replace(_step(action, State.UNDONE, now_us), outcome=outcome)


def still_there(action: Action, outcome: str, now_us: int) -> Action:
    """It could not be taken back; raises NotAllowed."""
    return replace(_step(action, State.SUCCEEDED, now_us), outcome=outcome)


def worn_out(action: Action) -> bool:
    """Whether it was begun so often that it is better left alone."""
    return action.attempts >= MOST_ATTEMPTS


def _decided(action: Action, state: State, who: str, why: str, now_us: int) -> Action:
    after = replace(_step(action, state, now_us), decided_by=who, decided_why=why, decided_us=now_us)
    return replace(after, attempts=0, memo={}, outcome="") if state is State.APPROVED else after


def _effect_until(action: Action) -> int:
    """From the decision on, so that a repeat does exactly the same."""
    if action.kind.undo is not Undo.BY_ITSELF:
        return 0
    return action.decided_us + round(action.subject.parameters["lasts_s"] * SECOND_US)


def _step(action: Action, state: State, now_us: int) -> Action:
    if state not in FOLLOWS[action.state]:
        raise NotAllowed(f"It is {action.state.label}; {state.label} cannot follow.")
    at_us = max(now_us, action.changed_us)
    return replace(action, state=state, revision=action.revision + 1, changed_us=at_us, step_id="")
