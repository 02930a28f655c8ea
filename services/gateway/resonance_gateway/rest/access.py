"""What a caller may do and see."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web

from resonance_contracts.rendering import Resolve, nobody
from resonance_gateway.auth.operators import caller_of
from resonance_gateway.auth.principal import Principal
from resonance_gateway.auth.roles import Role
from resonance_gateway.auth.tokens import Authenticator

Admit = Callable[[web.Request, tuple[Role, ...]], Awaitable[Principal]]
"""The caller of a request who has one of some roles; raises as `caller_of`."""


def admit_by(authenticator: Authenticator) -> Admit:
    """Admits callers by their tokens and keys."""

    async def admit(request: web.Request, roles: tuple[Role, ...]) -> Principal:
        return await caller_of(request, authenticator, *roles)

    return admit


def seen_by(caller: Principal, resolve: Resolve) -> Resolve:
    """What a caller is told of people: operators their ids, viewers no more than their pseudonyms."""
    return resolve if sees_people(caller) else nobody


def sees_people(caller: Principal) -> bool:
    """Whether a caller may know who people are."""
    return Role.OPERATOR in caller.roles
