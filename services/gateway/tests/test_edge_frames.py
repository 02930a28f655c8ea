"""What is wrong on the wire of a WebSocket: it ends that connection, with the right code, and costs nobody else."""

from __future__ import annotations

import asyncio
import json
import os
import time
import zlib
from pathlib import Path

import pytest
from aiohttp import web

from resonance_gateway.edge.listening import listen_at
from resonance_gateway.edge.settings import EdgeSettings
from resonance_gateway.rest.problems import problems
from tests.support.wire import (
    BINARY,
    CLOSE,
    CONTINUATION,
    PING,
    PONG,
    TEXT,
    Wire,
    frame,
    frame_head,
    handshake,
)

PING_FRAME = b'{"type":"ping"}'
MEBIBYTE = 1024 * 1024


@pytest.fixture
async def listening(start_gateway):
    """Starts a gateway behind its edge; its port. Settings by keyword."""
    runners = []

    async def start(**settings):
        gateway = (await start_gateway(**settings)).gateway
        app = web.Application(middlewares=[problems])
        app.add_routes(gateway.routes())
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        runners.append(runner)
        await runner.setup()
        site = listen_at(gateway.edge, EdgeSettings(), None)(runner, "127.0.0.1", 0)
        await site.start()
        return site.port

    yield start
    for runner in runners:
        await runner.cleanup()


@pytest.fixture
async def connect(listening, make_token):
    """Opens a WebSocket that is authenticated; `first` is sent before anything else."""
    wires = []

    async def go(port=None, token=True, **settings):
        wire = await Wire.to(port or await listening(**settings))
        wires.append(wire)
        assert "101" in await wire.open()
        if token:
            await wire.send(frame(TEXT, json.dumps({"type": "auth", "token": make_token()}).encode()))
            assert json.loads((await wire.frame())[1])["type"] == "ready"
        return wire

    yield go
    for wire in wires:
        wire.writer.transport.abort()


def resident():
    """Memory of this process that is in RAM, bytes."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def fragments(payload, size):
    """A text message in fragments."""
    parts = [payload[i : i + size] for i in range(0, len(payload), size)]
    last = len(parts) - 1
    return b"".join(frame(CONTINUATION if i else TEXT, part, fin=i == last) for i, part in enumerate(parts))


WRONG = {
    "too large, by its head alone": (frame_head(TEXT, 2**40), 1009),
    "longer than 63 bits": (frame_head(TEXT, 2**63 + 1), 1009),
    "too large": (frame(TEXT, b"x" * 200_000), 1009),
    "too large in fragments": (fragments(b"x" * 200_000, 1000), 1009),
    "too large in binary fragments": (
        frame(BINARY, b"x" * 70_000, fin=False) + frame(CONTINUATION, b"x" * 70_000),
        1009,
    ),
    "no UTF-8": (frame(TEXT, b"\xff\xfe"), 1007),
    "no UTF-8 in fragments": (frame(TEXT, b"\xc3", fin=False) + frame(CONTINUATION, b"x"), 1007),
    "a surrogate": (frame(TEXT, b"\xed\xa0\x80"), 1007),
    "no UTF-8 in the reason of a close": (frame(CLOSE, b"\x03\xe8\xff"), 1007),
    "first reserved bit": (frame(TEXT, PING_FRAME, reserved=4), 1002),
    "second reserved bit": (frame(TEXT, PING_FRAME, reserved=2), 1002),
    "third reserved bit": (frame(TEXT, PING_FRAME, reserved=1), 1002),
    "reserved bit of a ping": (frame(PING, reserved=4), 1002),
    **{f"reserved opcode {code}": (frame(code), 1002) for code in (3, 7, 11, 15)},
    "a ping of 126 bytes": (frame(PING, b"x" * 126), 1002),
    "a ping in fragments": (frame(PING, b"x", fin=False), 1002),
    "a close of one byte": (frame(CLOSE, b"\x03"), 1002),
    "a continuation of nothing": (frame(CONTINUATION, b"x"), 1002),
    "a message within a message": (frame(TEXT, b"x", fin=False) + frame(TEXT, b"x"), 1002),
    "an open message within a message": (frame(TEXT, b"x", fin=False) + frame(TEXT, b"x", fin=False), 1002),
    **{
        f"close code {code}": (frame(CLOSE, code.to_bytes(2, "big")), 1002)
        for code in (0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65_535)
    },
    "a bomb that nobody asked for": (frame(TEXT, zlib.compress(bytes(MEBIBYTE), wbits=-15), reserved=4), 1002),
}


async def test_what_is_wrong_ends_its_connection_with_a_code(connect, listening):
    port = await listening()
    other = await connect(port)

    codes = {}
    for name, (sent, _) in WRONG.items():
        wire = await connect(port)
        await wire.send(sent)
        codes[name] = await wire.close_code()

    assert codes == {name: code for name, (_, code) in WRONG.items()}
    await other.send(frame(TEXT, PING_FRAME))
    assert await other.frame() == (TEXT, b'{"type":"pong"}')


@pytest.mark.parametrize("split", [False, True], ids=["whole", "split"])
async def test_frames_without_a_mask_are_refused(connect, split):
    wire = await connect(token=False)
    sent = frame(TEXT, PING_FRAME, masked=False)

    await wire.send(*(sent[:1], sent[1:2], sent[2:]) if split else (sent,))

    assert await wire.close_code() == 1002


async def test_ten_thousand_fragments_are_one_message(connect):
    wire = await connect()

    await wire.send(fragments(PING_FRAME + b" " * (10_000 - len(PING_FRAME)), 1))

    assert await wire.frame() == (TEXT, b'{"type":"pong"}')


async def test_control_frames_may_come_within_a_message(connect):
    wire = await connect()

    await wire.send(frame(TEXT, PING_FRAME[:5], fin=False), frame(PING, b"hello"), frame(CONTINUATION, PING_FRAME[5:]))

    assert await wire.frame() == (PONG, b"hello")
    assert await wire.frame() == (TEXT, b'{"type":"pong"}')


async def test_a_frame_may_come_byte_by_byte(connect):
    wire = await connect()

    await wire.send(*(bytes([byte]) for byte in frame(TEXT, PING_FRAME)))

    assert await wire.frame() == (TEXT, b'{"type":"pong"}')


async def test_frames_may_come_with_the_handshake(listening, make_token):
    async with await Wire.to(await listening()) as wire:
        auth = frame(TEXT, json.dumps({"type": "auth", "token": make_token()}).encode())
        await wire.send(handshake() + auth + frame(TEXT, PING_FRAME))
        assert "101" in await wire.head()
        assert json.loads((await wire.frame())[1])["type"] == "ready"
        assert await wire.frame() == (TEXT, b'{"type":"pong"}')


async def test_a_subprotocol_that_is_not_known_is_no_line_in_the_log(listening, caplog):
    async with await Wire.to(await listening()) as wire:
        assert "101" in await wire.open(Sec_WebSocket_Protocol="chat")
    assert not [record for record in caplog.records if "127.0.0.1" in record.getMessage()]


async def test_compression_is_not_offered(listening):
    async with await Wire.to(await listening()) as wire:
        await wire.send(handshake(Sec_WebSocket_Extensions="permessage-deflate; client_max_window_bits"))
        head = await wire.head()
        assert "101" in head
        assert "extensions" not in head.lower()


async def test_a_client_that_is_half_gone_is_gone(connect, sender, eventually):
    wire = await connect()

    wire.writer.write_eof()

    await eventually(lambda: [e["kind"] for e in sender.events()] == ["connect", "login", "disconnect"])


async def test_a_client_that_does_not_answer_pings_is_gone(connect):
    wire = await connect(heartbeat_s=0.2)

    assert (await wire.frame())[0] == PING
    await wire.ended()


ORIGINS = [
    ({}, "101"),
    ({"Origin": "http://gateway.test"}, "101"),
    ({"Origin": "https://gateway.test"}, "101"),
    ({"Origin": "https://app.example.com"}, "101"),
    ({"Origin": "https://evil.example"}, "403"),
    ({"Origin": "null"}, "403"),
    ({"Origin": "https://gateway.test, https://evil.example"}, "403"),
]


@pytest.mark.parametrize("path", ["/ws", "/ws/alerts"])
async def test_origins(listening, make_token, path):
    port = await listening(allowed_origins="https://app.example.com")
    token = make_token("olga", role="admin", roles=["admin"], scope="admin")

    heads = []
    for headers, _ in ORIGINS:
        async with await Wire.to(port) as wire:
            await wire.send(handshake(path, Authorization=f"Bearer {token}", **headers))
            heads.append(await wire.head())

    assert [head.split()[1] for head in heads] == [status for _, status in ORIGINS]
    assert all(("application/problem+json" in head) == ("403" in head.split()[1]) for head in heads)


async def test_two_origins_are_one_too_many(listening):
    async with await Wire.to(await listening()) as wire:
        head = handshake().removesuffix(b"\r\n")
        await wire.send(head + b"Origin: http://gateway.test\r\nOrigin: https://evil.example\r\n\r\n")
        assert (await wire.answer())[0] == 403


async def test_origins_are_looked_at_before_anything_else(listening):
    async with await Wire.to(await listening()) as wire:
        await wire.send(handshake("/ws/alerts", Origin="https://evil.example"))
        status, body = await wire.answer()
        assert (status, json.loads(body)["title"]) == (403, "Origin not allowed")


FLOODS = {
    "a message that does not end": [
        frame(TEXT, b"x" * 10_000, fin=False),
        frame(CONTINUATION, b"x" * 10_000, fin=False),
    ],
    "empty fragments": [frame(TEXT, b"", fin=False), frame(CONTINUATION, b"", fin=False) * 1000],
    "pings that are not read": [frame(PING, b"x" * 125) * 100],
    "messages whose answers are not read": [frame(TEXT, b'{"type":"ping"}') * 300],
    "errors that are not read": [frame(TEXT, b"{") * 1000],
}


@pytest.mark.parametrize("parts", FLOODS.values(), ids=FLOODS)
async def test_a_flood_costs_bounded_memory(connect, listening, parts):
    port = await listening(max_unsent_events=1000)
    other, wire = await connect(port), await connect(port)
    before, sent, end = resident(), 0, time.monotonic() + 0.5

    await wire.send(parts[0])
    while sent < 64 * MEBIBYTE and time.monotonic() < end:
        try:
            async with asyncio.timeout(0.2):
                await wire.send(parts[-1])
        except (TimeoutError, ConnectionError):
            break
        sent += len(parts[-1])

    assert resident() - before < 24 * MEBIBYTE
    await other.send(frame(TEXT, PING_FRAME))
    assert await other.frame() == (TEXT, b'{"type":"pong"}')
