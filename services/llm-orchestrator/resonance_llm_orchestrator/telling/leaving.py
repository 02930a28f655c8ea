"""What leaves: all that is known of a person who was erased, and what is too old."""

from __future__ import annotations

from typing import Any, Final

from resonance_contracts.pb.resonance.v1 import incident_pb2, people_pb2
from resonance_contracts.topics import NOTIFICATIONS_SENT, SILENCES_CHANGED
from resonance_llm_orchestrator.notifying.desk import Desk
from resonance_llm_orchestrator.notifying.silences import KEPT_US, Silences
from resonance_llm_orchestrator.telling import records as made
from resonance_llm_orchestrator.telling.index import IncidentIndex
from resonance_llm_orchestrator.telling.keeping import Keeping
from resonance_llm_orchestrator.telling.restoring import newest_of
from resonance_llm_orchestrator.telling.stored import stored
from resonance_runtime.erasures import Erasures, received_us
from resonance_runtime.runtime import Runtime

MOST_SWEPT: Final = 5_000
DAY_US: Final = 24 * 3600 * 1_000_000


class Leaving:
    """Forgets; every method raises Unavailable, to be called again.

    Args:
        runtime: Of the service.
        keeping: Stores that something is gone.
        index: Looks up incidents that are not at hand.
        silences: Those that are known.
        erasures: Who was erased.
        max_age_days: Incidents that are over and older are forgotten, days.
    """

    def __init__(
        self,
        runtime: Runtime[Any],
        keeping: Keeping,
        index: IncidentIndex,
        silences: Silences,
        erasures: Erasures,
        max_age_days: float,
    ) -> None:
        self._runtime = runtime
        self._keeping = keeping
        self._index = index
        self._silences = silences
        self._erasures = erasures
        self._max_age_us = round(max_age_days * DAY_US)

    async def erase(self, desk: Desk, erased: people_pb2.UserErased, now_us: int) -> None:
        """A person's incidents with all that is in them, silences and notifications that name them, their decisions."""
        user_key = erased.user_key
        gone = [
            record.value.silence_id
            async for _, record in stored(self._runtime, SILENCES_CHANGED)
            if record is not None and any(m.value == user_key for m in record.value.matchers)
        ]
        self._erasures.take(erased)
        ids = [*await self._index.ids_of("user", user_key), *await self._index.ids_of("operator", user_key)]
        for incident in await self._index.find([id_ for id_ in ids if not desk.knows(id_)]):
            desk.recall(incident)
        for id_ in desk.of_user(user_key):
            known = desk.find(id_)
            if known is not None and self._erasures.covers(user_key, received_us(known.enriched.alert)):
                desk.forget(id_, now_us)
        desk.forget_decisions(user_key, now_us)
        places = [
            key.decode()
            for key, told in (await newest_of(self._runtime, NOTIFICATIONS_SENT)).items()
            if key is not None and user_key in told.group_labels.values()
        ]
        await self._keeping.send([made.without_silence(id_, now_us) for id_ in dict.fromkeys(gone)])
        await self._keeping.send([made.without_notification(place, now_us) for place in places])

    async def old(self, now_us: int) -> list[incident_pb2.Incident]:
        """Incidents that are over and too old, as many as are forgotten at once.

        What counts is when they were heard of: those of traffic that is played again were opened long before.
        """
        long_ago = now_us - self._max_age_us
        found = await self._index.find(await self._index.opened_before(long_ago, MOST_SWEPT))
        return [one for one in found if one.state == incident_pb2.INCIDENT_STATE_RESOLVED and one.noted_us < long_ago]

    async def sweep(self, desk: Desk, old: list[incident_pb2.Incident], now_us: int) -> None:
        """These, silences that are over, and what was told of groups that ended long ago."""
        for incident in old:
            if not desk.knows(incident.alert_id):
                desk.recall(incident)
            desk.forget(incident.alert_id, now_us)
        over = [silence.id for silence in self._silences.all() if silence.ends_us + KEPT_US < now_us]
        for silence_id in over:
            self._silences.drop(silence_id)
        await self._keeping.send([made.without_silence(id_, now_us) for id_ in over])
        await self._keeping.send([made.without_notification(place, now_us) for place in await self._quiet(now_us)])
        await self._keeping.store(desk, dict(desk.unstored), {})

    async def _quiet(self, now_us: int) -> list[str]:
        """Keys of what was told of groups that ended long ago."""
        return [
            key.decode()
            for key, told in (await newest_of(self._runtime, NOTIFICATIONS_SENT)).items()
            if key is not None
            and told.state == incident_pb2.NOTIFICATION_STATE_SENT
            and not told.firing_count
            and told.decided_us + self._max_age_us < now_us
        ]
