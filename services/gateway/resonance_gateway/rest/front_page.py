"""`GET /`: what there is and where."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Any, Final

from aiohttp import web

from resonance_gateway.rest.routing import Route

_BESIDE: Final = {
    "GET /ws": "WebSocket connections of users; the first frame is an auth frame with a token.",
    "GET /ws/alerts?min_severity=low": "WebSocket of alerts and their explanations as they are raised.",
    "GET /openapi.json": "Describes REST (OpenAPI 3.1).",
    "GET /asyncapi.json": "Describes the WebSocket and the topics (AsyncAPI 3.0).",
    "GET /livez": "Whether the process works.",
    "GET /readyz": "Whether it is ready.",
    "GET /health": "Both, with reasons.",
    "GET /metrics": "Metrics for Prometheus.",
}


class FrontPage:
    """Names the addresses of the routes, and those beside them."""

    def __init__(self, routes: Iterable[Route[Any, Any, Any]]) -> None:
        self._addresses = _BESIDE | {f"{route.method} {route.path}": route.summary for route in routes}

    async def handle(self, request: web.Request) -> web.Response:
        """The addresses, as a page for browsers and as JSON for everyone else."""
        if "text/html" in request.headers.get("Accept", ""):
            return web.Response(text=self._page(), content_type="text/html")
        return web.json_response({"service": "resonance gateway", "addresses": self._addresses})

    def _page(self) -> str:
        rows = "\n".join(
            f"<dt><code>{escape(name)}</code></dt><dd>{escape(said)}</dd>" for name, said in self._addresses.items()
        )
        return (
            '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n<title>Resonance gateway</title>\n'
            f"<h1>Resonance gateway</h1>\n<dl>\n{rows}\n</dl>\n</html>\n"
        )
