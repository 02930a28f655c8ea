"""Who calls: by a token, or by the key of a program, with a role that is asked for."""

from __future__ import annotations

from aiohttp import web

from resonance_gateway.auth.api_keys import PREFIX
from resonance_gateway.auth.bearer import API_KEY_HEADER, bearer_of
from resonance_gateway.auth.principal import Principal
from resonance_gateway.auth.refusals import Refusal
from resonance_gateway.auth.roles import Role
from resonance_gateway.auth.tokens import Authenticator
from resonance_gateway.errors import NotAuthenticated
from resonance_runtime import metrics
from resonance_runtime.errors import Problem


async def caller_of(
    request: web.Request, authenticator: Authenticator, *roles: Role, in_query: bool = False
) -> Principal:
    """The caller of a request, who has one of some roles.

    Args:
        request: Carries a token or an API key as `Authorization: Bearer …`, or an API key as `X-API-Key: …`.
        authenticator: Checks it.
        roles: Any of them will do.
        in_query: Whether `?token=` serves too, for a token: browsers cannot set headers on WebSocket handshakes.

    Raises:
        NotAuthenticated: No token or key, or one that is not accepted.
        Problem: 403, the caller has none of the roles.
        KeysAway: Whether the token is accepted cannot be told now.
    """
    principal = await _principal(request, authenticator, in_query)
    if principal.roles.isdisjoint(roles):
        metrics.GATEWAY_TOKENS_REFUSED.labels(reason=Refusal.ROLE).inc()
        named = " or ".join(f"`{role}`" for role in roles)
        raise Problem(403, "Not allowed", f"This is for the role {named}; ask whoever issued your token or key for it.")
    return principal


async def _principal(request: web.Request, authenticator: Authenticator, in_query: bool) -> Principal:
    given = bearer_of(request) or request.headers.get(API_KEY_HEADER)
    if given is not None and (given.startswith(PREFIX) or bearer_of(request) is None):
        return authenticator.program(given)
    token = given or (request.query.get("token") if in_query else None)
    if not token:
        metrics.GATEWAY_TOKENS_REFUSED.labels(reason=Refusal.MISSING).inc()
        raise NotAuthenticated(
            "A token was expected in the header `Authorization: Bearer …`, or an API key in `X-API-Key`; none came."
        )
    await authenticator.prepare(token)
    return authenticator.principal(token)
