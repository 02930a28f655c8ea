"""Actions as the orchestrator's topic has them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from typing import Final

from resonance_contracts.pb.resonance.v1 import action_pb2
from resonance_runtime.erasures import Erasures
from resonance_runtime.records import Record

MOST: Final = 12_000


class Shelf:
    """The newest of each action; of users who were erased there are none.

    Args:
        erasures: Who was erased.
    """

    def __init__(self, erasures: Erasures) -> None:
        self._erasures = erasures
        self._erasures.also(self.forget)
        self._actions: OrderedDict[str, action_pb2.Action] = OrderedDict()

    async def handle(self, records: Sequence[Record[action_pb2.Action]]) -> None:
        """Takes records of `actions.changed`, in any order; repeats are harmless."""
        for record in records:
            self.take(record.value)

    def take(self, action: action_pb2.Action) -> None:
        """Takes one action; an older revision than is known is passed over."""
        known = self._actions.get(action.action_id)
        if self._erasures.covers(action.user_key, action.proposed_us):
            return
        if known is not None and known.revision > action.revision:
            return
        self._actions[action.action_id] = action
        if len(self._actions) > MOST:
            self._actions.popitem(last=False)

    def get(self, action_id: str) -> action_pb2.Action | None:
        """An action; None where it is not known."""
        return self._actions.get(action_id)

    def __iter__(self) -> Iterator[action_pb2.Action]:
        """All that are known."""
        return iter(self._actions.values())

    def forget(self, user_key: str) -> None:
        """Forgets the actions on a user, and that they decided on others."""
        for id_ in [id_ for id_, action in self._actions.items() if action.user_key == user_key]:
            del self._actions[id_]
        for action in self:
            if action.decided_by == user_key:
                action.decided_by = ""
            if action.proposed_by == user_key:
                action.proposed_by = ""
