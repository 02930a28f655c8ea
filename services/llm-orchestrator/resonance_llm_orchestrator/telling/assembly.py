"""Everything that tells people of incidents, put together."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import Any, Final

from resonance_contracts.pb.resonance.v1 import detection_pb2, incident_pb2
from resonance_contracts.topics import (
    ACTIONS_CHANGED,
    ALERTS_ENRICHED,
    ALERTS_ESCALATED,
    ALERTS_RAISED,
    FEEDBACK_GIVEN,
    INCIDENTS_CHANGED,
    SILENCES_CHANGED,
    USERS_ERASED,
)
from resonance_llm_orchestrator.drafts import of_escalated, of_raised
from resonance_llm_orchestrator.enriched import enriched_offline
from resonance_llm_orchestrator.notifying.routes_file import read_plan
from resonance_llm_orchestrator.notifying.silences import Silences, from_wire
from resonance_llm_orchestrator.settings import OrchestratorSettings
from resonance_llm_orchestrator.sinks.requests import Secrets
from resonance_llm_orchestrator.telling.index import IncidentIndex
from resonance_llm_orchestrator.telling.keeping import GROUP
from resonance_llm_orchestrator.telling.notifier import Notifier
from resonance_runtime.erasures import Erasures, received_us
from resonance_runtime.errors import Reject, Unavailable
from resonance_runtime.loop import RecordLoop
from resonance_runtime.records import Record
from resonance_runtime.runtime import Component, Runtime
from resonance_runtime.spans.handled import header_within
from resonance_runtime.tables import TopicReader

log = logging.getLogger(__name__)

LOOK_S: Final = 5.0


class Telling:
    """The parts of the service that tell people of incidents, and what tasks ask them.

    Args:
        runtime: Of the service.
        erasures: Who was erased.

    Attributes:
        silences: All that are known, in every process.
        index: Where incidents are looked up.
    """

    def __init__(self, runtime: Runtime[OrchestratorSettings], erasures: Erasures) -> None:
        settings = runtime.settings
        plan = read_plan(settings.notify_routes)
        self.silences = Silences()
        self.index = IncidentIndex(settings.redis_url)
        self._building: asyncio.Task[None] | None = None
        self._erasures = erasures
        erasures.also(self.silences.forget)
        self._runtime = runtime
        self._reader = TopicReader(
            runtime, [INCIDENTS_CHANGED], self._indexed, from_start=True, name="incident-index", pause_s=0.1
        )
        self._notifier = Notifier(
            runtime,
            plan,
            self.silences,
            self.index,
            erasures,
            Secrets(
                settings.notify_webhook_url.get_secret_value(),
                settings.notify_slack_url.get_secret_value(),
                settings.notify_pagerduty_key.get_secret_value(),
            ),
            give_up_s=settings.notify_give_up_s,
            max_age_days=settings.incidents_max_age_days,
            external_url=settings.notify_external_url,
        )

    def components(self) -> Sequence[Component]:
        """To be started with the service."""
        loop = RecordLoop(
            self._runtime,
            group=GROUP,
            topics=[ALERTS_ENRICHED, FEEDBACK_GIVEN, USERS_ERASED],
            handle=self._notifier.handle,
            leading=self._notifier.leading,
            needed=False,
        )
        self._notifier.keeping.require = loop.require
        silences = TopicReader(self._runtime, [SILENCES_CHANGED], self._silenced, from_start=True, name="silences")
        # Behind a storm, words of what is critical would come when the storm has its words.
        express = TopicReader(
            self._runtime,
            [ALERTS_RAISED, ALERTS_ESCALATED],
            self._critical,
            from_start=False,
            name="critical",
            traced=True,
        )
        # What nobody listened to is read by whoever tells of incidents when they begin.
        actions = TopicReader(
            self._runtime, [ACTIONS_CHANGED], self._notifier.acted, from_start=False, name="acted", pause_s=0.1
        )
        return [self, silences, self._reader, express, actions, loop]

    async def start(self) -> None:
        """Looks after the index: what Redis lost is read again."""
        self._building = self._runtime.spawn("incident index", self._keep_built())

    async def stop(self) -> None:
        """Closes the connections of the index, and nothing opens another."""
        if self._building is not None:
            self._building.cancel()
            await asyncio.wait([self._building])
        await self.index.close()

    async def _silenced(self, records: Sequence[Record[Any]]) -> None:
        for record in records:
            try:
                silence = from_wire(record.value)
                if not any(self._erasures.covers(user, silence.changed_us) for user in silence.users):
                    self.silences.take(silence)
            except ValueError as error:
                raise Reject(str(error)) from error

    async def _critical(self, records: Sequence[Record[detection_pb2.Alert]]) -> None:
        critical = [record for record in records if record.value.severity == detection_pb2.SEVERITY_CRITICAL]
        for record in critical:
            self._notifier.traces.remember(record.value.alert_id, header_within(record))
        if critical:
            drafts = [(of_raised if one.topic is ALERTS_RAISED else of_escalated)(one.value) for one in critical]
            await self._notifier.express(list(map(enriched_offline, drafts)))

    async def _indexed(self, records: Sequence[Record[Any]]) -> None:
        newest: dict[str, incident_pb2.Incident] = {}
        for record in records:
            incident: incident_pb2.Incident = record.value
            alert = incident.enriched.alert
            if not self._erasures.covers(alert.user_key, received_us(alert)):
                newest[incident.alert_id] = incident
        await self.index.put(list(newest.values()))

    async def _keep_built(self) -> None:
        await self._reader.caught_up.wait()
        built = False
        while True:
            try:
                if not built:
                    await self.index.built()
                    built = True
                elif not await self.index.is_built():
                    log.warning("incidents are read into Redis again: it lost them")
                    await self.index.built()
                    await self._reader.again()
            except Unavailable as fault:
                log.warning("waiting for what is down", extra={"what": "incident index", "reason": str(fault)})
            await asyncio.sleep(LOOK_S)
