"""Trials in metrics."""

from __future__ import annotations

from collections.abc import Sequence

from resonance_auto_retrainer.trials.gate import Gate
from resonance_auto_retrainer.trials.looked import Look
from resonance_auto_retrainer.trials.stage import Stage
from resonance_auto_retrainer.trials.terms import TrialTerms
from resonance_runtime import metrics


def show(look: Look, terms: TrialTerms) -> None:
    """What a look found."""
    for stage in Stage:
        metrics.RETRAINER_TRIAL_STAGE.labels(stage=stage).set(stage is look.stage)
    seen = look.seen
    metrics.RETRAINER_TRIAL_EVIDENCE.labels(of="harm").set(seen.more / terms.bar)
    metrics.RETRAINER_TRIAL_EVIDENCE.labels(of="no_harm").set(seen.less / terms.bar)
    metrics.RETRAINER_TRIAL_RATIO.set(seen.ratio)
    for version, users, found in (
        ("new", seen.users_new, seen.found_new),
        ("old", seen.users_old, seen.found_old),
    ):
        metrics.RETRAINER_TRIAL_USERS.labels(version=version, what="compared").set(users)
        metrics.RETRAINER_TRIAL_USERS.labels(version=version, what="found").set(found)


def show_gates(gates: Sequence[Gate]) -> None:
    """Which gates a version passed."""
    for gate in gates:
        if not gate.passed:
            metrics.RETRAINER_GATES_FAILED.labels(gate=gate.name).inc()
    show_move("gates_passed" if all(gate.passed for gate in gates) else "gates_failed")


def show_move(outcome: str) -> None:
    """That aliases were changed, or gates passed or not."""
    metrics.RETRAINER_MOVES.labels(outcome=outcome).inc()
