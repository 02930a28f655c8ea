"""One action about one incident, as it is after a step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from hashlib import sha256
from typing import Final

from resonance_llm_orchestrator.actions.kinds import KINDS, Kind, Touches
from resonance_llm_orchestrator.actions.quotas import Quota
from resonance_narration import Severity

POLICY: Final = "policy"
"""Who decides where no person does."""


class State(IntEnum):
    """How far an action is, with the numbers of the wire."""

    PROPOSED = 1
    APPROVED = 2
    REJECTED = 3
    EXPIRED = 4
    RUNNING = 5
    SUCCEEDED = 6
    FAILED = 7
    UNDOING = 8
    UNDONE = 9

    @property
    def label(self) -> str:
        """Its name for people."""
        return self.name.lower()


WAITING: Final = frozenset({State.PROPOSED, State.APPROVED, State.RUNNING, State.UNDOING})
"""States in which something is to happen yet."""


@dataclass(frozen=True, slots=True)
class Words:
    """An action in words of one language: what, why, and whom it touches."""

    language: str
    title: str
    reason: str
    consequences: str


@dataclass(frozen=True, slots=True)
class Subject:
    """What an action is and stays.

    Attributes:
        action_id: See `action_id_of`.
        alert_id, user_key, incident_kind, severity, opened_us: The incident.
        kind: Name in the catalogue.
        parameters: Checked, with defaults.
        order: Place in the incident's plan, from 1.
        automatic: Whether policy lets it run without a person.
        quota: Under which policy may approve it.
        dry_run: Whether it is only said what would be done.
        executor: Name of who does it; "" where nobody is configured.
        users_touched, users_active: Blast radius, and of how many; 0 where that is not known.
        words: In each language.
        proposed_us, expires_us: When it was proposed, and until when a decision is awaited.
        proposed_by, proposed_why: "policy", or the pseudonym of an operator, and their words.
    """

    action_id: str
    alert_id: str
    user_key: str
    incident_kind: str
    severity: Severity
    opened_us: int
    kind: str
    parameters: Mapping[str, float]
    order: int
    automatic: bool
    quota: Quota
    dry_run: bool
    executor: str
    users_touched: int
    users_active: int
    words: tuple[Words, ...]
    proposed_us: int
    expires_us: int
    proposed_by: str
    proposed_why: str = ""


@dataclass(frozen=True, slots=True)
class Action:
    """An action after a step.

    Attributes:
        subject: What it is.
        state: How far it is.
        revision: Steps so far, from 1.
        changed_us: Time of the step.
        decided_by, decided_why, decided_us: The last decision.
        attempts: How often it was begun since it was decided on.
        runner, lease_until_us: Who runs it, and until when others leave it to them.
        outcome: What came of it, or why it failed.
        memo: What was found before it was run, which its run and its undoing need.
        effect_until_us: When its effect ends by itself; 0 where it does not.
        step_id: Name of the step, by which its writer knows it.
    """

    subject: Subject
    state: State
    revision: int
    changed_us: int
    decided_by: str = ""
    decided_why: str = ""
    decided_us: int = 0
    attempts: int = 0
    runner: str = ""
    lease_until_us: int = 0
    outcome: str = ""
    memo: Mapping[str, float] = field(default_factory=dict)
    effect_until_us: int = 0
    step_id: str = ""

    @property
    def id(self) -> str:
        """Its id, which is also the key by which executors know a repeat."""
        return self.subject.action_id

    @property
    def kind(self) -> Kind:
        """Its kind in the catalogue."""
        return KINDS[self.subject.kind]

    def limits(self, now_us: int) -> bool:
        """Whether it limits its user now: it has begun and is neither over nor taken back."""
        return (
            self.kind.touches is Touches.USER
            and not self.subject.dry_run
            and self.state in (State.RUNNING, State.SUCCEEDED)
            and now_us < (self.effect_until_us or now_us + 1)
        )


def action_id_of(alert_id: str, kind: str, parameters: Mapping[str, float]) -> str:
    """`ac_…`: the same incident, kind and parameters give the same id."""
    told = "\0".join([alert_id, kind, *(f"{name}={parameters[name]!r}" for name in sorted(parameters))])
    return "ac_" + sha256(told.encode("utf-8", "surrogatepass")).hexdigest()[:32]
