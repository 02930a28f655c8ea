"""`GET /`: what there is and where."""

from __future__ import annotations

from html import escape
from typing import Final

from aiohttp import web

ADDRESSES: Final = {
    "GET /ws": "WebSocket connections of users; the first frame is an auth frame with a token.",
    "GET /ws/alerts?min_severity=low": "WebSocket of alerts and their explanations as they are raised; operators.",
    "GET /ml/status": "What is up, what is degraded and why; operators.",
    "GET /ml/features/recent?limit=100": "Newest feature vectors; operators.",
    "GET /ml/anomalies/recent?limit=50&min_severity=medium": "Newest anomalies; operators.",
    "POST /ml/explain/prediction": "Why a model says what it says of some feature values; operators.",
    "POST /ml/explain/anomaly": "Why a user, or an incident, was flagged; operators.",
    "GET /livez": "Whether the process works.",
    "GET /readyz": "Whether it is ready.",
    "GET /health": "Both, with reasons.",
    "GET /metrics": "Metrics for Prometheus.",
}


async def front_page(request: web.Request) -> web.Response:
    """The addresses, as a page for browsers and as JSON for everyone else."""
    if "text/html" in request.headers.get("Accept", ""):
        return web.Response(text=_page(), content_type="text/html")
    return web.json_response({"service": "resonance gateway", "addresses": ADDRESSES})


def _page() -> str:
    rows = "\n".join(f"<dt><code>{escape(name)}</code></dt><dd>{escape(said)}</dd>" for name, said in ADDRESSES.items())
    return (
        '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n<title>Resonance gateway</title>\n'
        f"<h1>Resonance gateway</h1>\n<dl>\n{rows}\n</dl>\n</html>\n"
    )
