"""A server of HTTP that answers what it was told to, for commands that speak to a gateway."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import jwt

from resonance_client.cli.main import main

SECRET = "a secret of tests that is at least 32 bytes long"


class Api:
    """A server that answers what it was told to, and remembers what it was asked.

    Attributes:
        answers: Status and body by method and path; a list is answered one after the other.
        asked: Method, path, roles of the token and body of each request.
    """

    def __init__(self, secret: str = SECRET) -> None:
        self.answers: dict[str, Any] = {}
        self.asked: list[tuple[str, list[str], Any]] = []
        api = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                asked = f"{self.command} {self.path}"
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                token = self.headers["Authorization"].removeprefix("Bearer ")
                roles = jwt.decode(token, secret, algorithms=["HS256"])["roles"]
                api.asked.append((asked, roles, json.loads(body) if body else None))
                found = api.answers.get(asked, (404, {"title": "Not Found", "detail": f"Nothing at {asked}."}))
                status, content = found.pop(0) if isinstance(found, list) else found
                data = content if isinstance(content, bytes) else json.dumps(content).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = answer

            def log_message(self, *_: Any) -> None:
                """Says nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self.common = ["--gateway", self.url, "--secret", secret]

    def run(self, *words: str) -> int:
        """Runs a command against it; the exit code."""
        return main([*words, *self.common])

    def stop(self) -> None:
        """Ends it."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@contextmanager
def serving() -> Iterator[Api]:
    """A server for as long as the block lasts."""
    api = Api()
    try:
        yield api
    finally:
        api.stop()
