"""Where requests carry what proves who calls."""

from __future__ import annotations

from typing import Final

from aiohttp import web

API_KEY_HEADER: Final = "X-API-Key"


def bearer_of(request: web.Request) -> str | None:
    """The token of the Authorization header (RFC 6750), None where there is none."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip() else None
