"""`GET /`: the console for browsers, and for everyone else what there is and where."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from aiohttp import hdrs, web

from resonance_gateway.console.pages import ConsolePages
from resonance_gateway.rest.routing import Route

_BESIDE: Final = {
    "GET /ws": "WebSocket connections of users; the first frame is an auth frame with a token.",
    "GET /ws/alerts?min_severity=low": "WebSocket of alerts and their explanations as they are raised.",
    "GET /ml/console/": "The console, a web page; browsers find it at / too.",
    "GET /openapi.json": "Describes REST (OpenAPI 3.1).",
    "GET /asyncapi.json": "Describes the WebSocket and the topics (AsyncAPI 3.0).",
    "GET /livez": "Whether the process works.",
    "GET /readyz": "Whether it is ready.",
    "GET /health": "Both, with reasons.",
    "GET /metrics": "Metrics for Prometheus.",
}


class FrontPage:
    """Shows the console, or names the addresses of the routes and those beside them.

    Args:
        routes: Of REST.
        console: Is shown to browsers.
    """

    def __init__(self, routes: Iterable[Route[Any, Any, Any]], console: ConsolePages) -> None:
        self._addresses = _BESIDE | {f"{route.method} {route.path}": route.summary for route in routes}
        self._console = console

    async def handle(self, request: web.Request) -> web.Response:
        """The console for browsers, the addresses as JSON for everyone else."""
        if "text/html" in request.headers.get(hdrs.ACCEPT, ""):
            return await self._console.index(request)
        content = {"service": "resonance gateway", "addresses": self._addresses}
        return web.json_response(content, headers={hdrs.VARY: hdrs.ACCEPT})
