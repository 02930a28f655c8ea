"""A client that writes bytes: HTTP, WebSocket frames and what comes before them, right or wrong as a test wants it."""

from __future__ import annotations

import asyncio
import base64
import ssl
import struct
from types import TracebackType
from typing import Final, Self

CONTINUATION: Final = 0
TEXT: Final = 1
BINARY: Final = 2
CLOSE: Final = 8
PING: Final = 9
PONG: Final = 10
_DEADLINE_S: Final = 5.0
_KEY: Final = b"\x01\x02\x03\x04"


def frame(opcode: int, payload: bytes = b"", *, fin: bool = True, masked: bool = True, reserved: int = 0) -> bytes:
    """One frame (RFC 6455, section 5.2); `reserved` is its three reserved bits."""
    return frame_head(opcode, len(payload), fin=fin, masked=masked, reserved=reserved) + (
        _masked(payload) if masked else payload
    )


def frame_head(opcode: int, length: int, *, fin: bool = True, masked: bool = True, reserved: int = 0) -> bytes:
    """The head of a frame that says to have a payload of this length."""
    first, mask = (fin << 7) | (reserved << 4) | opcode, masked << 7
    if length < 126:
        head = struct.pack("!BB", first, mask | length)
    elif length < 65_536:
        head = struct.pack("!BBH", first, mask | 126, length)
    else:
        head = struct.pack("!BBQ", first, mask | 127, length)
    return head + _KEY if masked else head


def handshake(path: str = "/ws", **headers: str) -> bytes:
    """An opening handshake; headers by keyword, with _ for -; "" leaves one out."""
    fields = {
        "Host": "gateway.test",
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec_WebSocket_Version": "13",
        "Sec_WebSocket_Key": base64.b64encode(bytes(16)).decode(),
        **headers,
    }
    return request("GET", path, **fields)


def request(method: str, path: str, body: bytes = b"", **headers: str) -> bytes:
    """A request; headers as in `handshake`."""
    lines = [f"{method} {path} HTTP/1.1"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items() if value]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def _masked(payload: bytes) -> bytes:
    key = int.from_bytes((_KEY * (len(payload) // 4 + 1))[: len(payload)], "big")
    return (int.from_bytes(payload, "big") ^ key).to_bytes(len(payload), "big")


class Wire:
    """A connection to a server on this machine; every wait ends after five seconds with an error."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def to(cls, port: int, tls: ssl.SSLContext | None = None, first: bytes = b"") -> Self:
        """Connects; with TLS, after `first` was sent in plain."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=None if first else tls)
        wire = cls(reader, writer)
        if first:
            await wire.send(first)
            if tls is not None:
                await writer.start_tls(tls, server_hostname="localhost")
        return wire

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.writer.transport.abort()

    async def send(self, *parts: bytes) -> None:
        """Sends each part in a packet of its own, as far as the system lets it."""
        for part in parts:
            self.writer.write(part)
            await self.writer.drain()
            await asyncio.sleep(0)

    async def open(self, path: str = "/ws", **headers: str) -> str:
        """Sends a handshake; the status line of the answer."""
        await self.send(handshake(path, **headers))
        return (await self.head()).partition("\r\n")[0]

    async def head(self) -> str:
        """The head of an answer."""
        async with asyncio.timeout(_DEADLINE_S):
            return (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1")

    async def answer(self) -> tuple[int, bytes]:
        """Status and body of an answer with a length."""
        head = await self.head()
        fields = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if line)
        async with asyncio.timeout(_DEADLINE_S):
            body = await self.reader.readexactly(int(fields.get("content-length", "0")))
        return int(head.split()[1]), body

    async def frame(self) -> tuple[int, bytes]:
        """Opcode and payload of the next frame.

        Raises:
            asyncio.IncompleteReadError: The connection ended.
        """
        async with asyncio.timeout(_DEADLINE_S):
            first, length = await self.reader.readexactly(2)
            if length == 126:
                length = int.from_bytes(await self.reader.readexactly(2), "big")
            elif length == 127:
                length = int.from_bytes(await self.reader.readexactly(8), "big")
            return first & 0xF, await self.reader.readexactly(length)

    async def close_code(self) -> int:
        """Code of the close frame, after whatever comes before it."""
        while True:
            opcode, payload = await self.frame()
            if opcode == CLOSE:
                return int.from_bytes(payload[:2], "big")

    async def ended(self) -> bytes:
        """What comes until the server ends the connection."""
        async with asyncio.timeout(_DEADLINE_S):
            try:
                return await self.reader.read()
            except ConnectionError:
                return b""
