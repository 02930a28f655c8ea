"""All actions, as the records of one partition tell them in their order.

Every process reads every record from the start and folds it by the same rules, so all agree which of two steps that
exclude each other counts: the first. So nobody has to lead, and quotas hold however many processes write at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from resonance_llm_orchestrator.actions.action import POLICY, WAITING, Action, State
from resonance_llm_orchestrator.actions.kinds import Touches
from resonance_llm_orchestrator.actions.quotas import Spent
from resonance_llm_orchestrator.actions.steps import FOLLOWS

MOST: Final = 10_000
"""Actions that are kept; the oldest of those that are over go first."""


class Book:
    """Actions by id.

    Args:
        most: Actions that are kept beside those that are not over.
    """

    def __init__(self, most: int = MOST) -> None:
        self._spent = Spent()
        self._most = most
        self._actions: dict[str, Action] = {}
        self._forgotten: set[str] = set()
        self._of_alert: dict[str, list[str]] = {}
        self._proposed: set[str] = set()

    def __len__(self) -> int:
        return len(self._actions)

    def __iter__(self) -> Iterator[Action]:
        """Those that are known, oldest first, without those of users who were erased."""
        return (action for id_, action in self._actions.items() if id_ not in self._forgotten)

    def get(self, action_id: str) -> Action | None:
        """An action; None where there is none, or its user was erased."""
        return None if action_id in self._forgotten else self._actions.get(action_id)

    def take(self, step: Action) -> bool:
        """Takes the next record; returns whether it counts. One that does not changes nothing."""
        known = self._actions.get(step.id)
        if known is None:
            if (step.revision, step.state) != (1, State.PROPOSED):
                return False
            self._keep(step)
            self._of_alert.setdefault(step.subject.alert_id, []).append(step.id)
            self._trim()
            return True
        if step.revision != known.revision + 1 or step.state not in FOLLOWS[known.state]:
            return False
        if known.state is State.PROPOSED and step.state is State.APPROVED:
            if step.changed_us >= known.subject.expires_us:
                return False
            if step.decided_by == POLICY:
                if self.refusal(known, step.changed_us):
                    return False
                self._spent.spend(known.subject.kind, step.changed_us)
        self._keep(replace(step, subject=known.subject))
        return True

    def refusal(self, action: Action, now_us: int) -> str:
        """Why policy may not approve an action now; "" where it may."""
        subject = action.subject
        if not subject.automatic:
            return "Policy leaves it to a person."
        touches = action.kind.touches is Touches.USER and not subject.dry_run
        touched = self._touched(now_us) if touches else None
        return self._spent.refusal(subject.kind, subject.quota, now_us, touched=touched, active=subject.users_active)

    def used(self, kind: str, now_us: int) -> int:
        """Approvals by policy in the last hour."""
        return self._spent.used(kind, now_us)

    @property
    def waiting(self) -> int:
        """Proposals on which nobody decided yet."""
        return len(self._proposed)

    def of_alert(self, alert_id: str) -> list[Action]:
        """Actions about an incident, in the order in which they were proposed."""
        return [action for id_ in self._of_alert.get(alert_id, ()) if (action := self.get(id_)) is not None]

    def limiting(self, user_key: str, now_us: int) -> list[Action]:
        """Actions that limit a user now."""
        return [action for action in self if action.subject.user_key == user_key and action.limits(now_us)]

    def forget(self, user_key: str) -> None:
        """Forgets whom the actions of a user were about; their steps still count, as everywhere."""
        for id_, action in list(self._actions.items()):
            if user_key and action.subject.user_key == user_key:
                self._forgotten.add(id_)
                self._of_alert.pop(action.subject.alert_id, None)
                self._actions[id_] = replace(
                    action, subject=replace(action.subject, user_key="", alert_id="", words=())
                )

    def _touched(self, now_us: int) -> int:
        """Actions that touch a user, or will as they are approved; a user may be counted more than once."""
        return sum(1 for action in self._actions.values() if action.limits(now_us) or _will_limit(action))

    def _keep(self, action: Action) -> None:
        self._actions[action.id] = action
        if action.state is State.PROPOSED:
            self._proposed.add(action.id)
        else:
            self._proposed.discard(action.id)

    def _trim(self) -> None:
        while len(self._actions) > self._most:
            over = next((id_ for id_, action in self._actions.items() if _over(action)), None)
            if over is None:
                return
            alert_id = self._actions.pop(over).subject.alert_id
            self._forgotten.discard(over)
            if not (left := [id_ for id_ in self._of_alert.get(alert_id, ()) if id_ != over]):
                self._of_alert.pop(alert_id, None)
            else:
                self._of_alert[alert_id] = left


def _over(action: Action) -> bool:
    return action.state not in WAITING and not (action.state is State.SUCCEEDED and action.effect_until_us)


def _will_limit(action: Action) -> bool:
    return action.state is State.APPROVED and action.kind.touches is Touches.USER and not action.subject.dry_run
