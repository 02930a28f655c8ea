"""Serves one path beside the application, as far as routing and middlewares go.

A WebSocket stays in its handler for as long as it is open, and with it every coroutine between the server and the
handler: the application's, its routing's, each middleware's. Going past them saves a tenth of the memory of an idle
connection.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web

from resonance_gateway.rest.problems import problem_of
from resonance_runtime.errors import Problem
from resonance_runtime.probes import Listen, Site

Admit = Callable[[web.Request], Awaitable[web.StreamResponse]]


def directly(listen: Listen, path: str, admit: Admit) -> Listen:
    """What listens, with GET requests of a path given to their handler at once.

    Args:
        listen: Makes what listens.
        path: The path.
        admit: Makes the coroutine that answers; raises Problem before that where it refuses.
    """

    def listens(runner: web.AppRunner, host: str, port: int) -> Site:
        server = runner.server
        if server is None:
            raise RuntimeError("The runner is to be set up before it listens.")
        through_application = server.request_handler

        def handle(request: web.BaseRequest) -> Awaitable[web.StreamResponse]:
            if request.path != path or request.method != "GET" or not isinstance(request, web.Request):
                return through_application(request)
            try:
                return admit(request)
            except Problem as fault:
                return _answer(problem_of(fault))

        server.request_handler = handle
        return listen(runner, host, port)

    return listens


async def _answer(response: web.Response) -> web.StreamResponse:
    return response
