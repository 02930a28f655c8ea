"""A gateway for tests: speaks the protocol over real sockets, remembers what it stored, and can be cut."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from resonance_client.alerts.events import EVENT_TYPES

VARIABLES = (
    "RESONANCE_GATEWAY", "RESONANCE_JWT_SECRET", "RESONANCE_JWT_SECRET_FILE", "RESONANCE_KAFKA_BOOTSTRAP",
    "RESONANCE_PROFILE", "RESONANCE_TOKEN", "RESONANCE_TOKEN_FILE",
)  # fmt: skip
SECRET = "a secret of tests that is at least 32 bytes long"


class FakeGateway:
    """Stores each numbered frame once per source; acknowledges cumulatively.

    Attributes:
        stored: Frames by source and number, as received first.
        arrivals: Frames in order of arrival, with their source.
        authentications: Every auth frame with its claims.
        byes: Event times of `bye` by source.
        cut_after: For each coming connection in turn: cut it after so many frames, without acknowledging the last.
        lost_byes: So many byes are lost in a cut.
        close_with: Code that every connection is closed with at its first frame.
        resent: Frames that were stored before.
        told: Events of `/ws/alerts` so far: a reader is told those behind its position first, or all of them.
        epoch: Of the positions; another one where the gateway was restarted.
        handshakes: Paths of `/ws/alerts` that were opened.
        on_frame: Called with each frame that is stored for the first time.
        down: Whether handshakes are answered with 503.
        answers: What GET requests are answered with, by path: status and body.
    """

    def __init__(self) -> None:
        self.stored: dict[str, dict[int, dict[str, Any]]] = defaultdict(dict)
        self.arrivals: list[tuple[str, dict[str, Any]]] = []
        self.authentications: list[dict[str, Any]] = []
        self.byes: dict[str, float] = {}
        self.cut_after: list[int] = []
        self.lost_byes = 0
        self.close_with: int | None = None
        self.resent = 0
        self.told: list[dict[str, Any]] = []
        self.epoch = "e1"
        self.handshakes: list[str] = []
        self.on_frame: Callable[[str, dict[str, Any]], None] = lambda source, frame: None
        self.answers: dict[str, tuple[int, dict[str, Any]]] = {}
        self.port = 0
        self.down = False
        self._open: set[ServerConnection] = set()
        self._readers: dict[ServerConnection, set[str]] = {}
        self._server: Server | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        self._server = await serve(self._handle, "127.0.0.1", self.port, compression=None, process_request=self._answer)
        self.port = next(iter(self._server.sockets)).getsockname()[1]

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()

    async def restart(self, *told: dict[str, Any], epoch: str = "") -> None:
        """It is away, and events come meanwhile; with another epoch it has forgotten the positions."""
        await self.stop()
        self.told += told
        self.epoch = epoch or self.epoch
        await self.start()

    def count(self) -> int:
        return sum(len(frames) for frames in self.stored.values())

    async def tell(self, event: dict[str, Any]) -> None:
        self.told.append(event)
        for reader, kinds in list(self._readers.items()):
            if event["type"] in kinds or event["type"] not in EVENT_TYPES:
                await reader.send(json.dumps({**event, "position": f"{self.epoch}.{len(self.told)}"}))

    def go_down(self) -> None:
        """As a gateway that is killed and starts again: every socket is cut."""
        self.down = True
        for socket in list(self._open):
            socket.transport.abort()

    def _answer(self, connection: ServerConnection, request: Request) -> Response | None:
        if request.headers.get("Upgrade"):
            return Response(503, "Starting", Headers()) if self.down else None
        status, body = self.answers.get(request.path, (404, {}))
        content = json.dumps(body).encode()
        headers = Headers({"Content-Type": "application/json", "Content-Length": str(len(content))})
        return Response(status, "OK", headers, content)

    async def _handle(self, socket: ServerConnection) -> None:
        assert socket.request is not None
        self._open.add(socket)
        with suppress(ConnectionClosed):
            if socket.request.path.startswith("/ws/alerts"):
                await self._serve_reader(socket, socket.request.path)
            else:
                await self._converse(socket)
        self._open.discard(socket)

    async def _serve_reader(self, socket: ServerConnection, path: str) -> None:
        self.handshakes.append(path)
        asked = {name: values[0] for name, values in parse_qs(urlsplit(path).query, keep_blank_values=True).items()}
        epoch, _, number = asked["after"].partition(".")
        known = epoch == self.epoch
        sent = await self._send_behind(socket, int(number) if known else 0, with_position=known)
        caught_up = {"type": "caught_up", "position": f"{self.epoch}.{sent}", "recovered": known}
        await socket.send(json.dumps(caught_up))
        await self._send_behind(socket, sent, with_position=True)
        self._readers[socket] = set(asked["kinds"].split(","))
        try:
            await socket.wait_closed()
        finally:
            del self._readers[socket]

    async def _send_behind(self, socket: ServerConnection, sent: int, *, with_position: bool) -> int:
        while sent < len(self.told):
            sent += 1
            position = {"position": f"{self.epoch}.{sent}"} if with_position else {}
            await socket.send(json.dumps({**self.told[sent - 1], **position}))
        return sent

    async def _converse(self, socket: ServerConnection) -> None:
        auth = json.loads(await socket.recv())
        try:
            claims = jwt.decode(auth["token"], SECRET, algorithms=["HS256"])
        except jwt.InvalidTokenError:
            await socket.close(3500, "the signature does not match")
            return
        self.authentications.append({**auth, "claims": claims})
        await socket.send(json.dumps({"type": "ready", "connection": "c", "limits": {"rate": 10.0, "burst": 100.0}}))
        await self._store(socket, auth)

    async def _store(self, socket: ServerConnection, auth: dict[str, Any]) -> None:
        source = auth.get("source", "")
        sequence = auth["first_sequence"] - 1 if source else 0
        cut = self.cut_after.pop(0) if self.cut_after else None
        while True:
            frame = json.loads(await socket.recv())
            if self.close_with is not None:
                await socket.close(self.close_with, "as told")
                return
            if frame["type"] == "bye" and self.lost_byes:
                self.lost_byes -= 1
                socket.transport.abort()
                return
            if frame["type"] == "bye":
                self.byes[source] = frame.get("time", 0.0)
                return
            sequence += 1
            self._keep(source, sequence, frame)
            if cut is not None and (cut := cut - 1) == 0:
                socket.transport.abort()
                return
            if str(frame.get("channel", "")).startswith("admin."):
                await socket.send(json.dumps({"type": "error", "code": "forbidden_channel", "message": "No."}))
            if auth["acks"]:
                await socket.send(json.dumps({"type": "ack", "sequence": sequence}))

    def _keep(self, source: str, sequence: int, frame: dict[str, Any]) -> None:
        self.arrivals.append((source, frame))
        if sequence in self.stored[source]:
            self.resent += 1
            return
        self.stored[source][sequence] = frame
        self.on_frame(source, frame)


@asynccontextmanager
async def running() -> AsyncIterator[FakeGateway]:
    gateway = FakeGateway()
    await gateway.start()
    try:
        yield gateway
    finally:
        await gateway.stop()


@pytest.fixture(autouse=True)
def nothing_from_outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No variable and no profile of whoever runs the tests."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


@pytest.fixture
async def gateway() -> AsyncIterator[FakeGateway]:
    async with running() as fake:
        yield fake


@pytest.fixture
def secret() -> str:
    return SECRET


Until = Callable[[Callable[[], bool]], Awaitable[None]]


@pytest.fixture
def until() -> Until:
    """Waits for a condition, at most 30 s."""

    async def wait(condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(30):
            while not condition():
                await asyncio.sleep(0.005)

    return wait
