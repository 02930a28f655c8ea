"""Incidents and silences, looked up and noted for whoever asks over REST."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

from pydantic import TypeAdapter

from resonance_llm_orchestrator.notifying.matchers import Matcher, Operator
from resonance_llm_orchestrator.notifying.silences import KEPT_US, Silence, Silences, silence_of
from resonance_llm_orchestrator.tasks.incident_views import view_of
from resonance_llm_orchestrator.telling.index import Cursor, IncidentIndex, Search
from resonance_llm_orchestrator.telling.records import of_silence
from resonance_runtime.errors import Problem
from resonance_runtime.records import Outgoing
from resonance_runtime.wall_clock import now_us
from resonance_tasks.incidents import (
    FIND_INCIDENT,
    SEARCH_INCIDENTS,
    FindIncident,
    FoundIncident,
    FoundIncidents,
    SearchIncidents,
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
from resonance_tasks.task import Answer

SendAll = Callable[[Sequence[Outgoing]], Awaitable[None]]
Handle = Callable[[Any, float], Awaitable[Answer]]

_MATCHER: Final[TypeAdapter[SilenceMatcher]] = TypeAdapter(SilenceMatcher)
_SAME: Final = (
    "kind", "severity", "state", "recipient_role", "stream", "action", "action_state", "verdict", "silenced_by",
)  # fmt: skip
_ASKED: Final = {"user_key": "user"} | {name: name for name in _SAME}
"""Facets by what is asked for."""


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
        facets = {facet: str(value) for name, facet in _ASKED.items() if (value := getattr(asked, name)) is not None}
        if asked.action is not None and asked.action_state is not None:
            facets["action_in_state"] = f"{asked.action}/{asked.action_state}"
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
        """A page of silences, the latest start first."""
        now_us = self._now_us()
        kept = [one for one in self._silences.all() if one.ends_us > now_us - KEPT_US and _fits(one, asked, now_us)]
        if asked.after_us is not None:
            after = (-asked.after_us, asked.after_id)
            kept = [one for one in kept if (-one.starts_us, one.id) > after]
        shown = kept[: asked.limit]
        last = shown[-1] if len(shown) < len(kept) else None
        return SilencesFound(
            silences=[self._view(silence) for silence in shown],
            next_us=None if last is None else last.starts_us,
            next_id="" if last is None else last.id,
        )

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


def _fits(silence: Silence, asked: ListSilences, now_us: int) -> bool:
    if asked.state is not None and SilencePhase(silence.state(now_us)) != asked.state:
        return False
    if asked.text is not None and asked.text.casefold() not in silence.comment.casefold():
        return False
    return any(asked.label in (None, m.label) and asked.value in (None, m.value) for m in silence.matchers)
