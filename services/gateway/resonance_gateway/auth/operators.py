"""Who may read what the system found: tokens with the role `operator`."""

from __future__ import annotations

from aiohttp import web

from resonance_gateway.auth.tokens import ROLE_OPERATOR, Authenticator, Principal
from resonance_gateway.errors import NotAuthenticated
from resonance_gateway.sockets.websocket import bearer_of
from resonance_runtime.errors import Problem


def operator_of(request: web.Request, authenticator: Authenticator, *, in_query: bool = False) -> Principal:
    """The operator who asks.

    Args:
        request: Carries the token in its Authorization header.
        authenticator: Checks it.
        in_query: Whether `?token=` serves too: browsers cannot set headers on WebSocket handshakes.

    Raises:
        NotAuthenticated: No token, or one that is not accepted.
        Problem: 403, the token has not the role.
    """
    token = bearer_of(request) or (request.query.get("token") if in_query else None)
    if not token:
        raise NotAuthenticated("A token was expected in the header `Authorization: Bearer …`; none came.")
    principal = authenticator.principal(token)
    if ROLE_OPERATOR not in principal.roles:
        raise Problem(403, "Not an operator", "This is for tokens with the role `operator`; ask their issuer for one.")
    return principal
