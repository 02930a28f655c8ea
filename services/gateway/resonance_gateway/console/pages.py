"""`GET /ml/console/`: the console, which the front page shows to browsers, too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from aiohttp import hdrs, web

from resonance_gateway.console.files import INDEX, ConsoleFile, console_files
from resonance_runtime.errors import Problem

BASE: Final = "/ml/console/"

# Everything comes from the gateway itself; nothing is inline, evaluated, framed or sent elsewhere.
_POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "worker-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types resonance",
    )
)
_HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": _POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
# The name of an asset is made of its content.
_ASSETS: Final = "assets/"
_FOR_EVER: Final = "public, max-age=31536000, immutable"
_NEVER: Final = "no-store"


class ConsolePages:
    """Serves the console.

    Args:
        files: Its files, by path below `BASE`; those of the package where they are not given.
    """

    def __init__(self, files: Mapping[str, ConsoleFile] | None = None) -> None:
        self._files = console_files() if files is None else files

    def routes(self) -> list[web.RouteDef]:
        """The routes, to be served."""
        return [web.get(BASE.rstrip("/"), self.index), web.get(BASE + "{path:.*}", self.handle)]

    async def index(self, request: web.Request) -> web.Response:
        """The page."""
        return self._answer(request, INDEX)

    async def handle(self, request: web.Request) -> web.Response:
        """The page, or one of the files that it asks for; raises Problem, 404."""
        return self._answer(request, request.match_info["path"] or INDEX)

    def _answer(self, request: web.Request, path: str) -> web.Response:
        file = self._files.get(path)
        if file is None:
            raise Problem(404, "No such file", f"The console has no file {path[:128]!r}; it begins at {BASE}.")
        content, coding = file.encoded_for(request.headers.get(hdrs.ACCEPT_ENCODING, ""))
        headers = {
            **_HEADERS,
            hdrs.CACHE_CONTROL: _FOR_EVER if path.startswith(_ASSETS) else _NEVER,
            hdrs.CONTENT_TYPE: file.content_type,
            hdrs.VARY: f"{hdrs.ACCEPT_ENCODING}, {hdrs.ACCEPT}",
        }
        if coding is not None:
            headers[hdrs.CONTENT_ENCODING] = coding
        return web.Response(body=content, headers=headers)
