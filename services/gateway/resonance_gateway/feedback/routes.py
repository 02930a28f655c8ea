"""`/ml/feedback`: what operators say of incidents, on its way to those who learn from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from resonance_contracts.pb.resonance.v1.operations_pb2 import FeedbackGiven
from resonance_contracts.rendering import Resolve
from resonance_contracts.topics import FEEDBACK_GIVEN
from resonance_gateway.auth.roles import Role
from resonance_gateway.feedback.views import NewVerdict, Verdicts, VerdictsQuery, VerdictView, said, verdict_view
from resonance_gateway.news.readers import Newsroom
from resonance_gateway.news.recent import MOST_ANSWERABLE, Recent
from resonance_gateway.people.pseudonyms import Pseudonyms
from resonance_gateway.publishing import Publishes
from resonance_gateway.rest.access import seen_by
from resonance_gateway.rest.paging import Place, page
from resonance_gateway.rest.routing import Call, Nothing, Route
from resonance_gateway.tracking.clock import Clock
from resonance_runtime import metrics
from resonance_runtime.errors import Problem
from resonance_runtime.records import Outgoing


@dataclass(frozen=True, slots=True)
class FeedbackApi:
    """Handlers of the routes of verdicts.

    Attributes:
        recent: Incidents and verdicts that are remembered.
        newsroom: Tells of a verdict at once; when it is read back it is no news.
        sender: Takes the records.
        pseudonyms: Turns operators into keys.
        resolve: Gives the user id of a user key.
    """

    recent: Recent
    newsroom: Newsroom
    sender: Publishes
    pseudonyms: Pseudonyms
    resolve: Resolve
    clock: Clock

    def routes(self) -> list[Route[Any, Any, Any]]:
        """The routes, to be served."""
        return [
            Route(
                "POST", "/ml/feedback", Role.OPERATOR,
                "Says whether there was a reason to be told of an incident; stored when it is answered.",
                self.give, Nothing, Nothing, NewVerdict, VerdictView, faults=(404,), tag="feedback",
            ),
            Route(
                "GET", "/ml/feedback", Role.VIEWER, "Newest verdicts first, the newest of each incident.",
                self.show, Nothing, VerdictsQuery, Nothing, Verdicts, tag="feedback",
            ),
        ]  # fmt: skip

    async def give(self, call: Call[Nothing, Nothing, NewVerdict]) -> VerdictView:
        """`POST /ml/feedback`; the same again changes nothing.

        Raises:
            Problem: 404, the incident is not known here.
        """
        asked = call.body
        alert = self.recent.answerable.get(asked.alert_id)
        if alert is None:
            raise Problem(404, "No such incident", _unknown(asked.alert_id))
        resolve = seen_by(call.caller, self.resolve)
        known = self.recent.verdicts.get(asked.alert_id)
        if known is not None and _same(known, asked):
            return verdict_view(known, resolve)
        given = FeedbackGiven(
            alert_id=alert.alert_id,
            user_key=alert.user_key,
            kind=alert.kind,
            true_alarm=asked.verdict == "true",
            withdrawn=asked.verdict == "withdrawn",
            right_kind=asked.kind or "",
            comment=asked.comment,
            # Clocks of gateways differ: what is said later holds.
            given_us=max(self.clock.now_us(), 0 if known is None else known.given_us + 1),
            operator_key=self.pseudonyms.user(call.caller.user_id),
            alert=alert,
        )
        await self.sender.send_all([_record(given)])
        self.newsroom.take(FEEDBACK_GIVEN, given)
        metrics.GATEWAY_FEEDBACK.labels(kind=given.kind, verdict=asked.verdict).inc()
        return verdict_view(given, resolve)

    async def show(self, call: Call[Nothing, VerdictsQuery, Nothing]) -> Verdicts:
        """`GET /ml/feedback?verdict=false&alert_kind=message_flood`."""
        asked = call.query
        user_key = None if asked.user is None else self.pseudonyms.of_person(asked.user)
        found = (
            given
            for given in self.recent.verdicts.newest_first()
            if asked.verdict in (None, said(given))
            and asked.alert_id in (None, given.alert_id)
            and asked.alert_kind in (None, given.kind)
            and user_key in (None, given.user_key)
            and asked.from_us <= given.given_us < asked.until_us
        )
        shown, cursor = page(found, _place, asked)
        resolve = seen_by(call.caller, self.resolve)
        views = [verdict_view(given, resolve) for given in shown]
        return Verdicts(count=len(views), verdicts=views, next_cursor=cursor)


def _same(known: FeedbackGiven, asked: NewVerdict) -> bool:
    return (said(known), known.right_kind, known.comment) == (asked.verdict, asked.kind or "", asked.comment)


def _record(given: FeedbackGiven) -> Outgoing:
    id_ = f"{given.alert_id}/{said(given)}/{given.given_us}"
    return Outgoing(FEEDBACK_GIVEN, given, id_, given.given_us, user_key=given.user_key)


def _place(given: FeedbackGiven) -> Place:
    return given.given_us, given.alert_id


def _unknown(alert_id: str) -> str:
    return (
        f"This gateway does not know the incident {alert_id}: it remembers the newest {MOST_ANSWERABLE:,} of the last "
        "30 days. Give the id of one of these, as /ws/alerts and `resonance watch` tell it."
    )
