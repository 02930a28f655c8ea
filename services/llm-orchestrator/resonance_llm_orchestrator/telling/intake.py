"""What comes of incidents, given to the desk: of people who were erased nothing is taken."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from resonance_contracts.pb.resonance.v1 import action_pb2, alert_pb2, operations_pb2, people_pb2
from resonance_llm_orchestrator.notifying.awaited import forget_operator
from resonance_llm_orchestrator.notifying.desk import Desk
from resonance_llm_orchestrator.telling.index import IncidentIndex
from resonance_llm_orchestrator.telling.leaving import Leaving
from resonance_runtime import wall_clock
from resonance_runtime.erasures import Erasures, received_us
from resonance_runtime.records import Record


class Intake:
    """Takes enriched alerts, verdicts, actions and erasures.

    Args:
        index: Looks up incidents that are not at hand.
        erasures: Who was erased.
        leaving: Forgets.
    """

    def __init__(self, index: IncidentIndex, erasures: Erasures, leaving: Leaving) -> None:
        self._index = index
        self._erasures = erasures
        self._leaving = leaving

    async def take_all(self, desk: Desk, records: Sequence[Record[Any]]) -> None:
        """Takes records; what is said of incidents that are not at hand needs them.

        Raises:
            Unavailable: Redis or the broker does not answer; so below.
        """
        ids = {record.value.alert_id for record in records if hasattr(record.value, "alert_id")}
        for incident in await self._index.find([id_ for id_ in sorted(ids) if not desk.knows(id_)]):
            desk.recall(incident)
        now_us = wall_clock.now_us()
        for record in records:
            await self.take(desk, record.value, now_us)

    async def take(self, desk: Desk, value: Any, now_us: int) -> None:
        """Takes what one record says."""
        covers = self._erasures.covers
        if isinstance(value, alert_pb2.EnrichedAlert):
            if not covers(value.alert.user_key, received_us(value.alert)):
                desk.enriched(value, now_us)
        elif isinstance(value, operations_pb2.FeedbackGiven):
            if not covers(value.user_key, received_us(value.alert)):
                desk.verdict(value, now_us)
        elif isinstance(value, action_pb2.Action):
            if not covers(value.user_key, value.proposed_us):
                for who, at_us in ((value.proposed_by, value.proposed_us), (value.decided_by, value.decided_us)):
                    if covers(who, at_us):
                        forget_operator(value, who)
                desk.acted(value, now_us)
        elif isinstance(value, people_pb2.UserErased):
            await self._leaving.erase(desk, value, now_us)
