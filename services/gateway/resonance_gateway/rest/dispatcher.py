"""From routes to what aiohttp serves: who calls, what is asked, what is answered."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from typing import Any

from aiohttp import web

from resonance_gateway.rest.access import Admit
from resonance_gateway.rest.events import told, wanted
from resonance_gateway.rest.routing import Call, Nothing, Route
from resonance_gateway.rest.validation import body_of, path_of, query_of

Handle = Callable[[web.Request], Awaitable[web.StreamResponse]]

# Answers are about people, and of this moment.
_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


class Dispatcher:
    """Serves routes.

    Args:
        admit: Tells who calls, and whether it may.
    """

    def __init__(self, admit: Admit) -> None:
        self._admit = admit

    def served(self, routes: Iterable[Route[Any, Any, Any]]) -> list[web.RouteDef]:
        """The routes, to be served."""
        return [_definition(route, partial(self._answer, route)) for route in routes]

    async def _answer(self, route: Route[Any, Any, Any], request: web.Request) -> web.StreamResponse:
        """Answers one request; what it asks is looked at in the order of the checks that it may fail."""
        caller = await self._admit(request, (route.role, *route.or_roles))
        path = path_of(request, route.path_model)
        query = query_of(request, route.query)
        body = Nothing() if route.body is Nothing else await body_of(request, route.body, route.max_body_bytes)
        call = Call(request, caller, path, query, body)
        if route.events is not None and wanted(request):
            return await told(request, route.events(call), _HEADERS)
        answer = await route.handle(call)
        if answer is None:
            return web.Response(status=204, headers=_HEADERS)
        where = {} if route.location is None else {"Location": route.location(answer)}
        return web.Response(
            status=route.status,
            body=answer.model_dump_json().encode(),
            content_type="application/json",
            charset="utf-8",
            headers={**_HEADERS, **where},
        )


def _definition(
    route: Route[Any, Any, Any], handle: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.RouteDef:
    if route.method == "GET":
        return web.get(route.path, handle)
    return web.route(route.method, route.path, handle)
