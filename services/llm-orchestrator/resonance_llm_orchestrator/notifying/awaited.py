"""Actions about incidents that are not known yet: both come by topics of their own."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from resonance_contracts.pb.resonance.v1 import action_pb2

MOST: Final = 10_000
"""Incidents whose actions are kept; those that wait longest go first."""

Action = action_pb2.Action


class Awaited:
    """Actions until their incidents come, the newest state of each."""

    def __init__(self) -> None:
        self._actions: OrderedDict[str, dict[str, Action]] = OrderedDict()

    def put(self, action: Action) -> None:
        """Keeps an action unless a newer state of it is kept."""
        kept = self._actions.setdefault(action.alert_id, {})
        known = kept.get(action.action_id)
        if known is None or known.revision < action.revision:
            kept[action.action_id] = action
        if len(self._actions) > MOST:
            self._actions.popitem(last=False)

    def pop(self, alert_id: str) -> list[Action]:
        """Actions about an incident that has come."""
        return list(self._actions.pop(alert_id, {}).values())

    def forget(self, user_key: str) -> None:
        """Forgets the actions on a user, and that they decided on others."""
        for alert_id, kept in list(self._actions.items()):
            if any(action.user_key == user_key for action in kept.values()):
                del self._actions[alert_id]
            for action in kept.values():
                forget_operator(action, user_key)


def forget_operator(action: Action, operator_key: str) -> None:
    """An action does not say any more that this operator proposed it or decided on it."""
    action.proposed_by = "" if action.proposed_by == operator_key else action.proposed_by
    action.decided_by = "" if action.decided_by == operator_key else action.decided_by
