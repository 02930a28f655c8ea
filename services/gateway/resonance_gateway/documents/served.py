"""Serves a document that was made once."""

from __future__ import annotations

from typing import Any

import msgspec
from aiohttp import web


class Served:
    """One JSON document at one address; nobody needs a token to read it."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._body = msgspec.json.encode(document)

    async def handle(self, _: web.Request) -> web.Response:
        """The document."""
        return web.Response(body=self._body, content_type="application/json", headers={"Cache-Control": "max-age=60"})
