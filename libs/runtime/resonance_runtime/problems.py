"""Problems as answers over HTTP: problem details (RFC 9457)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec
from aiohttp import web

from resonance_runtime.errors import Problem

CONTENT_TYPE: Final = "application/problem+json"


def response_of(problem: Problem, headers: Mapping[str, str] | None = None) -> web.Response:
    """The problem as an answer, with further headers."""
    body = {"type": problem.type, "title": problem.title, "status": problem.status, "detail": problem.detail}
    return web.Response(
        status=problem.status, body=msgspec.json.encode(body), content_type=CONTENT_TYPE, headers=headers
    )
