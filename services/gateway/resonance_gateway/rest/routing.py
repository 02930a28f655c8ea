"""What a route is: everything that serves it and everything that is documented of it, in one place.

Handlers get what was asked already checked: who calls and with which right, the path, the query and the body as
models. The OpenAPI document is made from the same routes.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from aiohttp import web
from pydantic import BaseModel, ConfigDict

from resonance_gateway.auth.roles import Role
from resonance_gateway.auth.tokens import Principal
from resonance_gateway.rest.events import Event


class Nothing(BaseModel):
    """A path without variables, a query without parameters, or no body."""

    model_config = ConfigDict(extra="forbid")


P = TypeVar("P", bound=BaseModel)
Q = TypeVar("Q", bound=BaseModel)
B = TypeVar("B", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Call(Generic[P, Q, B]):
    """One request that was checked.

    Attributes:
        request: As it came, for headers.
        caller: Whom its token or key speaks for.
        path, query, body: What was asked.
    """

    request: web.Request
    caller: Principal
    path: P
    query: Q
    body: B


@dataclass(frozen=True, slots=True)
class Route(Generic[P, Q, B]):
    """One route.

    Attributes:
        method: GET, POST, PUT or DELETE.
        path: As aiohttp writes it: `/ml/users/{id}`.
        role: Who may call; a role that implies it may, too.
        summary: One sentence for the documents.
        handle: Answers with a model of type `answer`, or raises `Problem`.
        path_model, query, body: What is asked, as models; `Nothing` for none.
        answer: Model of the answer; None for 204.
        status: Of a good answer.
        faults: Statuses of bad answers beside 400, 401, 403, 408, 413, 415, 422, 429, 500 and 503.
        tag: Heading in the documents.
        or_roles: Who else may call.
        location: Address of what a good answer speaks of, for the header `Location`; none by default.
        max_body_bytes: Largest body; a larger one is answered with 413 before it is read in full.
        events: Tells the answer while it is made, to whoever accepts `text/event-stream`; none by default.
    """

    method: str
    path: str
    role: Role
    summary: str
    handle: Callable[[Call[P, Q, B]], Awaitable[BaseModel | None]]
    path_model: type[P]
    query: type[Q]
    body: type[B]
    answer: type[BaseModel] | None
    status: int = 200
    faults: tuple[int, ...] = ()
    tag: str = "operations"
    or_roles: tuple[Role, ...] = ()
    max_body_bytes: int = 65_536
    location: Callable[[Any], str] | None = None
    events: Callable[[Call[P, Q, B]], AsyncGenerator[Event, None]] | None = None
