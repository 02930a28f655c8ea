"""`/ml/actions`: what is proposed and done about incidents, and operators' decisions on it."""

from __future__ import annotations

import binascii
from base64 import b64decode
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from google.protobuf.message import DecodeError
from pydantic import ValidationError

from resonance_contracts.pb.resonance.v1 import action_pb2, request_pb2
from resonance_contracts.rendering import Resolve
from resonance_contracts.topics import TASKS_REQUESTED
from resonance_gateway.actions.shelf import Shelf
from resonance_gateway.actions.views import (
    ActionList,
    ActionPath,
    ActionsQuery,
    ActionView,
    NewAction,
    NewDecision,
    action_view,
    state_of,
)
from resonance_gateway.auth.roles import Role
from resonance_gateway.news.language import preferred
from resonance_gateway.people.pseudonyms import Pseudonyms
from resonance_gateway.rest.access import seen_by
from resonance_gateway.rest.asking import Asks
from resonance_gateway.rest.paging import Place, page
from resonance_gateway.rest.routing import Call, Nothing, Route
from resonance_runtime.errors import Problem
from resonance_tasks.actions import DECIDE_ACTION, PROPOSE_ACTION, ActionTaken, DecideAction, Decision, ProposeAction
from resonance_tasks.task import Question

TAG: Final = "actions"
TIMEOUT_S: Final = 8.0
FAULTS: Final = (404, 409, 502, 504)

_SUMMARIES: Final = {
    Decision.APPROVE: "Lets an action run; also once more after it failed.",
    Decision.REJECT: "Does not let an action run.",
    Decision.UNDO: "Takes an action back.",
}


@dataclass(frozen=True, slots=True)
class ActionsApi:
    """Handlers of the routes of actions.

    Attributes:
        shelf: Actions that are known.
        requester: Asks the orchestrator over topics.
        pseudonyms: Turns operators into keys.
        resolve: Gives the user id of a user key.
    """

    shelf: Shelf
    requester: Asks
    pseudonyms: Pseudonyms
    resolve: Resolve

    def routes(self) -> list[Route[Any, Any, Any]]:
        """The routes, to be served."""
        return [
            Route(
                "GET", "/ml/actions", Role.VIEWER, "Actions about incidents, those that were proposed last first.",
                self.show_all, Nothing, ActionsQuery, Nothing, ActionList, tag=TAG,
            ),
            Route(
                "GET", "/ml/actions/{id}", Role.VIEWER, "One action.",
                self.show, ActionPath, Nothing, Nothing, ActionView, faults=(404,), tag=TAG,
            ),
            Route(
                "POST", "/ml/actions", Role.OPERATOR, "Proposes an action about an incident; it waits for approval.",
                self.propose, Nothing, Nothing, NewAction, ActionView, 201, FAULTS, TAG,
                location=lambda view: f"/ml/actions/{view.action_id}",
            ),
            *(
                Route(
                    "POST", f"/ml/actions/{{id}}/{decision}", Role.OPERATOR, _SUMMARIES[decision],
                    partial(self.decide, decision), ActionPath, Nothing, NewDecision, ActionView, 200, FAULTS, TAG,
                )
                for decision in Decision
            ),
        ]  # fmt: skip

    async def show_all(self, call: Call[Nothing, ActionsQuery, Nothing]) -> ActionList:
        """`GET /ml/actions?kind=limit_user&state=proposed`."""
        asked = call.query
        user_key = None if asked.user is None else self.pseudonyms.of_person(asked.user)
        found = (
            action
            for action in self.shelf
            if asked.kind in (None, action.kind)
            and asked.state in (None, state_of(action))
            and asked.alert_id in (None, action.alert_id)
            and user_key in (None, action.user_key)
            and asked.from_us <= action.proposed_us < asked.until_us
        )
        shown, cursor = page(found, _place, asked)
        views = [self._view(call, action) for action in shown]
        return ActionList(count=len(views), actions=views, next_cursor=cursor)

    async def show(self, call: Call[ActionPath, Nothing, Nothing]) -> ActionView:
        """`GET /ml/actions/{id}`; raises Problem, 404."""
        return self._view(call, self._known(call.path.id))

    async def propose(self, call: Call[Nothing, Nothing, NewAction]) -> ActionView:
        """`POST /ml/actions`; the same again gives the action that is there.

        Raises:
            Problem: What the orchestrator answered with; 504, no answer in time; 502, one of another form.
        """
        asked = call.body
        question = ProposeAction(
            alert_id=asked.alert_id,
            kind=asked.kind,
            parameters=asked.parameters,
            dry_run=asked.dry_run,
            why=asked.reason,
            proposed_by=self._who(call),
            deadline_ms=round(TIMEOUT_S * 1000),
        )
        return await self._ask(call, PROPOSE_ACTION.name, question)

    async def decide(self, decision: Decision, call: Call[ActionPath, Nothing, NewDecision]) -> ActionView:
        """`POST /ml/actions/{id}/approve`, `reject`, `undo`; the answer is the action after it.

        Raises:
            Problem: What the orchestrator answered with; 504, no answer in time; 502, one of another form.
        """
        question = DecideAction(
            action_id=call.path.id,
            decision=decision,
            why=call.body.reason,
            decided_by=self._who(call),
            deadline_ms=round(TIMEOUT_S * 1000),
        )
        return await self._ask(call, DECIDE_ACTION.name, question)

    async def _ask(self, call: Call[Any, Any, Any], task: str, question: Question) -> ActionView:
        request = request_pb2.TaskRequest(
            task=task, question=question.model_dump_json(exclude_unset=True).encode(), asked_by=self._who(call)
        )
        reply = await self.requester.ask(TASKS_REQUESTED, request, request_pb2.TaskReply, TIMEOUT_S)
        try:
            taken = ActionTaken.model_validate_json(reply.answer, strict=True)
            action = action_pb2.Action.FromString(b64decode(taken.action, validate=True))
        except (ValidationError, DecodeError, binascii.Error):
            detail = f"The answer of {task} has another form: gateway and orchestrator are of different versions."
            raise Problem(502, "Unexpected answer", detail) from None
        self.shelf.take(action)
        return self._view(call, action)

    def _view(self, call: Call[Any, Any, Any], action: action_pb2.Action) -> ActionView:
        language = preferred(call.request.headers.get("Accept-Language", ""))
        return action_view(action, seen_by(call.caller, self.resolve), language)

    def _known(self, action_id: str) -> action_pb2.Action:
        action = self.shelf.get(action_id)
        if action is None:
            raise Problem(404, "No such action", "No action with that id is known; `GET /ml/actions` lists them.")
        return action

    def _who(self, call: Call[Any, Any, Any]) -> str:
        return self.pseudonyms.user(call.caller.user_id)


def _place(action: action_pb2.Action) -> Place:
    """Of one incident what is to be done first comes first."""
    return action.proposed_us, f"{action.alert_id}/{99 - action.order:02d}/{action.action_id}"
