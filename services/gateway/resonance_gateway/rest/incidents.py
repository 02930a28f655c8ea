"""REST: incidents and silences, which the orchestrator knows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, TypeVar

from pydantic import ValidationError

from resonance_contracts.pb.resonance.v1 import request_pb2
from resonance_contracts.rendering import Resolve
from resonance_contracts.topics import TASKS_REQUESTED
from resonance_gateway.auth.roles import Role
from resonance_gateway.limits.limiter import SECOND_US
from resonance_gateway.people.pseudonyms import Pseudonyms
from resonance_gateway.rest.access import seen_by
from resonance_gateway.rest.asking import Asks
from resonance_gateway.rest.incident_models import (
    IncidentPath,
    Incidents,
    IncidentsQuery,
    NewSilence,
    SilencePath,
    SilencesList,
    SilencesQuery,
)
from resonance_gateway.rest.paging import cursor_of, place_of
from resonance_gateway.rest.routing import Call, Nothing, Route
from resonance_gateway.tracking.clock import Clock
from resonance_runtime.errors import Problem
from resonance_tasks.incidents import FIND_INCIDENT, SEARCH_INCIDENTS, FindIncident, IncidentView, SearchIncidents
from resonance_tasks.silences import (
    CREATE_SILENCE,
    EXPIRE_SILENCE,
    LIST_SILENCES,
    CreateSilence,
    ExpireSilence,
    ListSilences,
    SilenceMatcher,
    SilenceView,
)
from resonance_tasks.task import Answer, Question, Task

TAG: Final = "incidents"
DEADLINE_MS: Final = 5_000
Q = TypeVar("Q", bound=Question)
A = TypeVar("A", bound=Answer)


@dataclass(frozen=True, slots=True)
class IncidentsApi:
    """Handlers of the routes of incidents and silences.

    Attributes:
        requester: Asks over topics.
        pseudonyms: Turns user ids into keys.
        resolve: Gives the user id of a user key.
    """

    requester: Asks
    pseudonyms: Pseudonyms
    resolve: Resolve
    clock: Clock

    def routes(self) -> list[Route[Any, Any, Any]]:
        """The routes, to be served."""
        return [
            Route(
                "GET", "/ml/incidents", Role.VIEWER, "Newest incidents first, with what was told of each and to whom.",
                self.search, Nothing, IncidentsQuery, Nothing, Incidents, faults=(502, 504), tag=TAG,
            ),
            Route(
                "GET", "/ml/incidents/{alert_id}", Role.VIEWER, "One incident.",
                self.find, IncidentPath, Nothing, Nothing, IncidentView, faults=(404, 502, 504), tag=TAG,
            ),
            Route(
                "GET", "/ml/silences", Role.VIEWER, "Silences: of which incidents nobody is told, and for how long.",
                self.silences, Nothing, SilencesQuery, Nothing, SilencesList, faults=(502, 504), tag=TAG,
            ),
            Route(
                "POST", "/ml/silences", Role.OPERATOR, "Silences incidents for a time; critical ones, too.",
                self.silence, Nothing, Nothing, NewSilence, SilenceView, faults=(409, 502, 504), tag=TAG,
            ),
            Route(
                "DELETE", "/ml/silences/{silence_id}", Role.OPERATOR, "Ends a silence now.",
                self.end, SilencePath, Nothing, Nothing, SilenceView, faults=(404, 502, 504), tag=TAG,
            ),
        ]  # fmt: skip

    async def search(self, call: Call[Nothing, IncidentsQuery, Nothing]) -> Incidents:
        """`GET /ml/incidents?severity=high&state=open`."""
        asked = call.query.model_dump(exclude={"cursor", "user"}, exclude_none=True)
        if call.query.user is not None:
            asked["user_key"] = self.pseudonyms.of_person(call.query.user)
        if call.query.cursor is not None:
            asked["after_us"], asked["after_id"] = place_of(call.query.cursor)
        found = await self._ask(SEARCH_INCIDENTS, SearchIncidents(**asked), call)
        resolve = seen_by(call.caller, self.resolve)
        shown = [_seen(incident, resolve) for incident in found.incidents]
        cursor = None if found.next_us is None else cursor_of((found.next_us, found.next_id))
        return Incidents(count=len(shown), incidents=shown, next_cursor=cursor)

    async def find(self, call: Call[IncidentPath, Nothing, Nothing]) -> IncidentView:
        """`GET /ml/incidents/al_…`; raises Problem, 404."""
        found = await self._ask(FIND_INCIDENT, FindIncident(deadline_ms=DEADLINE_MS, alert_id=call.path.alert_id), call)
        return _seen(found.incident, seen_by(call.caller, self.resolve))

    async def silences(self, call: Call[Nothing, SilencesQuery, Nothing]) -> SilencesList:
        """`GET /ml/silences?state=active&label=user&value=alice`."""
        asked = call.query.model_dump(exclude={"cursor"}, exclude_none=True) | {"deadline_ms": DEADLINE_MS}
        if call.query.label == "user" and call.query.value is not None:
            asked["value"] = self.pseudonyms.of_person(call.query.value)
        if call.query.cursor is not None:
            asked["after_us"], asked["after_id"] = place_of(call.query.cursor)
        found = await self._ask(LIST_SILENCES, ListSilences(**asked), call)
        cursor = None if found.next_us is None else cursor_of((found.next_us, found.next_id))
        return SilencesList(count=len(found.silences), silences=found.silences, next_cursor=cursor)

    async def silence(self, call: Call[Nothing, Nothing, NewSilence]) -> SilenceView:
        """`POST /ml/silences`; raises Problem, 409 for one that cannot be."""
        asked = call.body
        starts_us = asked.starts_us or self.clock.now_us()
        wanted = CreateSilence(
            deadline_ms=DEADLINE_MS,
            matchers=[self._hidden(matcher) for matcher in asked.matchers],
            starts_us=starts_us,
            ends_us=starts_us + round(asked.lasts_s * SECOND_US),
            author_key=self.pseudonyms.user(call.caller.user_id),
            comment=asked.comment,
        )
        return (await self._ask(CREATE_SILENCE, wanted, call)).silence

    async def end(self, call: Call[SilencePath, Nothing, Nothing]) -> SilenceView:
        """`DELETE /ml/silences/…`; raises Problem, 404."""
        return (
            await self._ask(
                EXPIRE_SILENCE, ExpireSilence(deadline_ms=DEADLINE_MS, silence_id=call.path.silence_id), call
            )
        ).silence

    async def _ask(self, task: Task[Q, A], question: Q, call: Call[Any, Any, Any]) -> A:
        reply = await self.requester.ask(
            TASKS_REQUESTED,
            request_pb2.TaskRequest(
                task=task.name,
                question=question.model_dump_json(exclude_unset=True).encode(),
                asked_by=self.pseudonyms.user(call.caller.user_id),
            ),
            request_pb2.TaskReply,
            question.deadline_ms / 1000,
        )
        try:
            return task.answer.model_validate_json(reply.answer, strict=True)
        except ValidationError:
            detail = f"The answer of {task.name} has another form: gateway and orchestrator are of different versions."
            raise Problem(502, "Unexpected answer", detail) from None

    def _hidden(self, matcher: SilenceMatcher) -> SilenceMatcher:
        if matcher.label != "user":
            return matcher
        return matcher.model_copy(update={"value": self.pseudonyms.of_person(matcher.value)})


def _seen(incident: IncidentView, resolve: Resolve) -> IncidentView:
    """An incident with the user's id, where the caller may know it."""
    return incident.model_copy(update={"user_id": resolve(incident.user_key)})
