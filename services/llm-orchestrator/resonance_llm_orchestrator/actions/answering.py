"""The tasks `propose_action` and `decide_action`: what operators want of actions."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from typing import Final

from resonance_llm_orchestrator.actions import steps
from resonance_llm_orchestrator.actions.action import Action
from resonance_llm_orchestrator.actions.desk import Desk, Make
from resonance_llm_orchestrator.actions.errors import NotAllowed
from resonance_llm_orchestrator.actions.incident import hindrances
from resonance_llm_orchestrator.actions.kinds import KINDS
from resonance_llm_orchestrator.actions.planning import Wish, subject_of
from resonance_llm_orchestrator.actions.policy import Policy
from resonance_llm_orchestrator.actions.records import message_of
from resonance_llm_orchestrator.brief import OFFLINE, OFFLINE_MODEL
from resonance_llm_orchestrator.plain_text import plain
from resonance_llm_orchestrator.tasks.incidents import FindsIncidents
from resonance_narration import Language
from resonance_runtime.errors import Problem
from resonance_tasks.actions import LONGEST_WHY, ActionTaken, DecideAction, Decision, ProposeAction
from resonance_tasks.task import Written

CONFLICT: Final = "Not in this state"


class ActionTasks:
    """Answers both tasks.

    Args:
        desk: Takes the steps.
        policy: Executors, quotas and times.
        incidents: Knows incidents by their ids.
        active: How many users are active.
        now_us: The clock.
    """

    def __init__(
        self,
        desk: Desk,
        policy: Policy,
        incidents: FindsIncidents,
        active: Callable[[], int],
        now_us: Callable[[], int],
    ) -> None:
        self._desk = desk
        self._policy = policy
        self._incidents = incidents
        self._active = active
        self._now_us = now_us

    async def propose(self, question: ProposeAction, deadline: float) -> ActionTaken:
        """See `table.Handle`; the same proposal again gives the action that is there.

        Raises:
            Problem: 404, no such incident; 409, it does not let this be done.
        """
        kind = KINDS[question.kind]
        alert = self._incidents.find(question.alert_id)
        if alert is None:
            raise Problem(404, "No such incident", "No incident with that alert_id was raised of late.")
        if hindered := hindrances(kind, alert):
            raise Problem(409, "Preconditions do not hold", " ".join(hindered))
        wish = Wish(
            kind,
            kind.checked(question.parameters),
            order=len(self._desk.book.of_alert(alert.alert_id)) + 1,
            dry_run=question.dry_run,
            by=question.proposed_by,
            why=plain(question.why, LONGEST_WHY),
        )
        subject = subject_of(alert, wish, self._policy, self._active(), self._now_us())
        return _answer(await self._desk.add(steps.proposed(subject)), question.language)

    async def decide(self, question: DecideAction, deadline: float) -> ActionTaken:
        """See `table.Handle`.

        Raises:
            Problem: 404, no such action; 409, it is not in a state for that, or the incident does not let it be done.
        """
        action = self._desk.book.get(question.action_id)
        if action is None:
            raise Problem(404, "No such action", "No action with that id is known; `GET /ml/actions` lists them.")
        if question.decision is Decision.APPROVE:
            alert = self._incidents.find(action.subject.alert_id)
            if alert is not None and (hindered := hindrances(action.kind, alert)):
                raise Problem(409, "Preconditions do not hold", " ".join(hindered))
        try:
            return _answer(await self._desk.step(action.id, self._step(question)), question.language)
        except NotAllowed as error:
            raise Problem(409, CONFLICT, str(error)) from None

    def _step(self, question: DecideAction) -> Make:
        take = {
            Decision.APPROVE: steps.approved,
            Decision.REJECT: steps.rejected,
            Decision.UNDO: steps.undo_asked,
        }[question.decision]
        who, why = question.decided_by, plain(question.why, LONGEST_WHY)
        return lambda action: take(action, who, why, self._now_us())


def _answer(action: Action, language: Language) -> ActionTaken:
    words = next((w for w in action.subject.words if w.language == language), None)
    return ActionTaken(
        language=language,
        summary="" if words is None else f"{words.title}. {words.reason}",
        recommendations=[],
        written=Written(provider=OFFLINE, model=OFFLINE_MODEL),
        action=b64encode(message_of(action).SerializeToString(deterministic=True)).decode(),
    )
