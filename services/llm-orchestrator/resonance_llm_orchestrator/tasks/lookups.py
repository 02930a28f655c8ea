"""Incidents and silences, looked up and noted for whoever asks over REST."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

from pydantic import TypeAdapter

from resonance_contracts.pb.resonance.v1 import incident_pb2, operations_pb2
from resonance_llm_orchestrator.clock import now_us
from resonance_llm_orchestrator.notifying.labels import severity_name
from resonance_llm_orchestrator.notifying.matchers import Matcher, Operator
from resonance_llm_orchestrator.notifying.silences import KEPT_US, Silence, Silences, silence_of
from resonance_llm_orchestrator.telling.index import Cursor, IncidentIndex, Search
from resonance_llm_orchestrator.telling.records import of_silence
from resonance_runtime.errors import Problem
from resonance_runtime.records import Outgoing
from resonance_tasks.incidents import (
    FIND_INCIDENT,
    SEARCH_INCIDENTS,
    FindIncident,
    FoundIncident,
    FoundIncidents,
    IncidentView,
    Phase,
    SearchIncidents,
    Told,
    Verdict,
    Words,
)
from resonance_tasks.silences import (
    CREATE_SILENCE,
    EXPIRE_SILENCE,
    LIST_SILENCES,
    CreateSilence,
    ExpireSilence,
    ListSilences,
    OneSilence,
    SilenceMatcher,
    SilencePhase,
    SilenceView,
)
from resonance_tasks.silences import Silences as SilencesFound
from resonance_tasks.task import Answer, Grade

SendAll = Callable[[Sequence[Outgoing]], Awaitable[None]]
Handle = Callable[[Any, float], Awaitable[Answer]]

_STATES: Final = {incident_pb2.INCIDENT_STATE_OPEN: Phase.OPEN, incident_pb2.INCIDENT_STATE_RESOLVED: Phase.RESOLVED}
_MATCHER: Final[TypeAdapter[SilenceMatcher]] = TypeAdapter(SilenceMatcher)
_ASKED: Final = {"user_key": "user", "kind": "kind", "recipient_role": "recipient_role", "stream": "stream"}


class Lookups:
    """Answers what is asked about incidents and silences.

    Args:
        index: Finds incidents.
        silences: All that are known.
        send_all: Stores records.
        now_us: Microseconds since the epoch.
    """

    def __init__(
        self,
        index: IncidentIndex,
        silences: Silences,
        send_all: SendAll,
        now_us: Callable[[], int] = now_us,
    ) -> None:
        self._index = index
        self._silences = silences
        self._send_all = send_all
        self._now_us = now_us

    def handlers(self) -> Mapping[str, Handle]:
        """By the name of what is asked."""
        return {
            SEARCH_INCIDENTS.name: self.search,
            FIND_INCIDENT.name: self.find,
            CREATE_SILENCE.name: self.create,
            EXPIRE_SILENCE.name: self.expire,
            LIST_SILENCES.name: self.list,
        }

    async def search(self, asked: SearchIncidents, deadline: float) -> FoundIncidents:
        """A page of incidents, newest first."""
        facets = {facet: value for name, facet in _ASKED.items() if (value := getattr(asked, name)) is not None}
        if asked.severity is not None:
            facets["severity"] = str(asked.severity)
        if asked.state is not None:
            facets["state"] = str(asked.state)
        cursor = None if asked.after_us is None else Cursor(asked.after_us, asked.after_id)
        wanted = Search(facets, asked.from_us, asked.until_us, asked.limit, cursor)
        found, after = await self._index.search(wanted)
        return FoundIncidents(
            incidents=[view_of(incident) for incident in found],
            next_us=None if after is None else after.opened_us,
            next_id="" if after is None else after.alert_id,
        )

    async def find(self, asked: FindIncident, deadline: float) -> FoundIncident:
        """One incident; raises Problem, 404 where there is none."""
        for incident in await self._index.find([asked.alert_id]):
            return FoundIncident(incident=view_of(incident))
        raise Problem(404, "No such incident", "No incident with that id is known, or it was forgotten.")

    async def create(self, asked: CreateSilence, deadline: float) -> OneSilence:
        """A silence; the same again gives the same one. Raises Problem, 409 for one that cannot be."""
        now_us = self._now_us()
        starts_us = now_us if asked.starts_us is None else asked.starts_us
        try:
            matchers = [Matcher(m.label, Operator(m.operator), m.value) for m in asked.matchers]
            silence = silence_of(matchers, starts_us, asked.ends_us, asked.author_key, asked.comment, now_us)
        except ValueError as error:
            raise Problem(409, "No silence", f"{str(error)[:1].upper()}{str(error)[1:]}.") from None
        return await self._store(silence)

    async def expire(self, asked: ExpireSilence, deadline: float) -> OneSilence:
        """Ends a silence; raises Problem, 404 where there is none."""
        known = self._silences.find(asked.silence_id)
        if known is None:
            raise Problem(404, "No such silence", "No silence with that id is known, or it was over long ago.")
        ended = known.ended(self._now_us())
        return OneSilence(silence=self._view(known)) if ended is known else await self._store(ended)

    async def list(self, asked: ListSilences, deadline: float) -> SilencesFound:
        """Silences, the latest start first."""
        kept_us = self._now_us() - KEPT_US
        views = [self._view(silence) for silence in self._silences.all() if silence.ends_us > kept_us]
        return SilencesFound(silences=[view for view in views if asked.state in (None, view.state)])

    async def _store(self, silence: Silence) -> OneSilence:
        await self._send_all([of_silence(silence)])
        self._silences.take(silence)
        return OneSilence(silence=self._view(silence))

    def _view(self, silence: Silence) -> SilenceView:
        return SilenceView(
            silence_id=silence.id,
            state=SilencePhase(silence.state(self._now_us())),
            matchers=[
                _MATCHER.validate_python({"label": m.label, "operator": str(m.operator), "value": m.value})
                for m in silence.matchers
            ],
            starts_us=silence.starts_us,
            ends_us=silence.ends_us,
            author_key=silence.author_key,
            comment=silence.comment,
        )


def view_of(incident: incident_pb2.Incident) -> IncidentView:
    """An incident as it is shown."""
    enriched, alert = incident.enriched, incident.enriched.alert
    return IncidentView(
        alert_id=incident.alert_id,
        state=_STATES[incident.state],
        severity=Grade(severity_name(incident.severity)),
        kind=alert.kind,
        stream=alert.stream,
        user_key=alert.user_key,
        recipient_role=enriched.recipient_role,
        vectors=alert.vectors,
        opened_us=alert.opened_us,
        last_seen_us=alert.last_seen_us,
        resolved_us=alert.resolved_us,
        noted_us=incident.noted_us,
        changed_us=incident.changed_us,
        texts=[
            Words(language=t.language, title=t.title, summary=t.summary, recommendations=list(t.recommendations))
            for t in enriched.texts
        ],
        told=[
            Told(notification_id=t.notification_id, receiver=t.receiver, reason=t.reason, sent_us=t.sent_us)
            for t in incident.told
        ],
        verdicts=[_verdict(given) for given in incident.verdicts],
        silenced_by=list(incident.silenced_by),
        inhibited_by=list(incident.inhibited_by),
    )


def _verdict(given: operations_pb2.FeedbackGiven) -> Verdict:
    said = "withdrawn" if given.withdrawn else "true" if given.true_alarm else "false"
    return Verdict(
        verdict=said,
        right_kind=given.right_kind,
        comment=given.comment,
        given_us=given.given_us,
        operator_key=given.operator_key,
    )
