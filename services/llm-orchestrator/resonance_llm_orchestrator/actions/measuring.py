"""What is counted of actions: each step once, by the process that took it."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable
from typing import Final

from resonance_llm_orchestrator.actions.action import POLICY, Action, State
from resonance_llm_orchestrator.actions.kinds import KINDS
from resonance_runtime import metrics

NEWEST: Final = 100
"""Of so many of each kind the success rate is."""

_DECIDED: Final = frozenset({State.APPROVED, State.REJECTED, State.EXPIRED})
_DONE: Final = frozenset({State.SUCCEEDED, State.FAILED, State.UNDONE})


def measure(before: Action | None, after: Action) -> None:
    """Counts a step."""
    kind = after.subject.kind
    if before is None:
        metrics.ACTIONS_PROPOSED.labels(action=kind, by=_by(after.subject.proposed_by)).inc()
    elif after.state in _DECIDED:
        decision = after.state.label
        metrics.ACTIONS_DECIDED.labels(action=kind, decision=decision, by=_by(after.decided_by)).inc()
        if before.state is State.PROPOSED and after.state is not State.EXPIRED:
            waited_s = (after.decided_us - after.subject.proposed_us) / 1e6
            metrics.ACTION_DECISION_SECONDS.labels(by=_by(after.decided_by)).observe(waited_s)
    elif after.state in _DONE and before.state is not State.UNDOING:
        outcome = "dry_run" if after.subject.dry_run else after.state.label
        metrics.ACTIONS_EXECUTED.labels(action=kind, outcome=outcome).inc()
    elif before.state is State.UNDOING and after.state is not State.UNDOING:
        outcome = "undone" if after.state is State.UNDONE else "undo_failed"
        metrics.ACTIONS_EXECUTED.labels(action=kind, outcome=outcome).inc()


def gauge(actions: Iterable[Action]) -> None:
    """Sets how many are in which state, and which share of those that were run was done."""
    states: Counter[State] = Counter()
    results: dict[str, deque[bool]] = {kind: deque(maxlen=NEWEST) for kind in KINDS}
    for action in actions:
        states[action.state] += 1
        if not action.subject.dry_run and action.state in (*_DONE, State.UNDOING):
            results[action.subject.kind].append(action.state is not State.FAILED)
    for state in State:
        metrics.ACTIONS_KNOWN.labels(state=state.label).set(states[state])
    for kind, done in results.items():
        if done:
            metrics.ACTIONS_SUCCESS.labels(action=kind).set(sum(done) / len(done))


def _by(who: str) -> str:
    return POLICY if who == POLICY else "operator"
