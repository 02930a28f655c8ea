"""REST: whom the caller's token or key speaks for."""

from __future__ import annotations

from typing import Any

from resonance_gateway.auth.principal import NEVER_US
from resonance_gateway.auth.roles import Role
from resonance_gateway.rest.models import Answer
from resonance_gateway.rest.routing import Call, Nothing, Route


class CallerView(Answer):
    """Whom a token or a key speaks for.

    Attributes:
        user_id: The claim `sub`, or `key:` and the name of the key.
        roles: Roles, with those that they imply.
        expires_us: When it is accepted no more, microseconds since the epoch; null for never.
    """

    user_id: str
    roles: list[Role]
    expires_us: int | None


def caller_route() -> Route[Any, Any, Any]:
    """The route, to be served."""
    summary = "Whom the caller's token or key speaks for, and its roles."
    return Route("GET", "/ml/me", Role.VIEWER, summary, _tell, Nothing, Nothing, Nothing, CallerView, tag="status")


async def _tell(call: Call[Nothing, Nothing, Nothing]) -> CallerView:
    """`GET /ml/me`."""
    caller = call.caller
    expires_us = None if caller.expires_us == NEVER_US else caller.expires_us
    return CallerView(user_id=caller.user_id, roles=sorted(caller.roles), expires_us=expires_us)
