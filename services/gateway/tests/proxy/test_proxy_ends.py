"""How connections through the gateway end: with the code of whoever ended them."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.asyncio.server import serve
from websockets.exceptions import InvalidStatus
from websockets.utils import accept_key

CODES = (1000, 1001, 1003, 1007, 1008, 1011, 1012, 1013, 1014, 3000, 3500, 4000, 4321, 4999)


@pytest.mark.parametrize("code", CODES)
async def test_close_codes_of_clients_arrive(through, backend, eventually, code):
    connection = await through()
    await connection.close(code, f"because {code}")

    await eventually(lambda: backend.closed)
    assert backend.closed == [(code, f"because {code}")]
    assert connection.close_code == code


@pytest.mark.parametrize("code", CODES)
async def test_close_codes_of_the_backend_arrive(through, backend, eventually, code, closed):
    connection = await through()
    await eventually(lambda: backend.connections)
    await backend.connections[0].close(code, f"because {code} ✓")

    assert await closed(connection) == (code, f"because {code} ✓")
    assert backend.closed == [(code, f"because {code} ✓")]


async def test_a_close_without_a_code_stays_without_one(through, backend, eventually):
    connection = await through()
    # What the library's own `close` does not do: a close frame without a code.
    connection.transport.write(bytes([0x88, 0x80, 1, 2, 3, 4]))

    await eventually(lambda: backend.closed)
    assert backend.closed == [(1005, "")]


async def test_a_client_that_is_cut_off_is_cut_off_from_the_backend(through, backend, eventually, kinds):
    connection = await through()
    await connection.send("x")
    await connection.recv()
    connection.transport.abort()

    await eventually(lambda: backend.closed)
    assert backend.closed == [(1006, "")]
    await eventually(lambda: kinds() == ["connect", "message", "disconnect"])
    assert len(connection.gateway.proxy) == 0


async def test_a_backend_that_dies_cuts_its_clients_off(through, backend, eventually, kinds, closed):
    connection = await through()
    await connection.send("x" * 1000)
    await connection.recv()
    backend.connections[0].transport.abort()

    assert await closed(connection) == (1006, "")
    await eventually(lambda: kinds()[-1:] == ["disconnect"])


async def test_stopping_closes_both_sides_with_going_away(through, backend, eventually, kinds, closed):
    connections = [await through() for _ in range(3)]
    await connections[0].send("x")
    await connections[0].recv()
    gateway = connections[0].gateway
    await asyncio.wait_for(gateway.proxy.stop(), 5)

    reason = "The gateway is stopping; connect again."
    assert [await closed(connection) for connection in connections] == [(1001, reason)] * 3
    await eventually(lambda: len(backend.closed) == 3)
    assert backend.closed == [(1001, reason)] * 3
    await eventually(lambda: kinds().count("disconnect") == 3)
    with pytest.raises(InvalidStatus) as refused:
        await through()
    assert refused.value.response.status_code == 503


async def test_who_says_nothing_is_pinged_and_given_up(through, backend, eventually):
    connection = await through(settings={"heartbeat_s": 3600})
    (tunnel,) = connection.gateway.proxy.tunnels
    connection.transport.pause_reading()
    for _ in range(4):
        assert backend.closed == []
        tunnel.still_there()

    await eventually(lambda: backend.closed)
    assert backend.closed == [(1006, "")]


async def test_who_answers_pings_stays(through, eventually):
    connection = await through(settings={"heartbeat_s": 3600})
    (tunnel,) = connection.gateway.proxy.tunnels
    for _ in range(4):
        for _ in range(3):
            tunnel.still_there()
        # Both sides are pinged at the third look, and both libraries answer.
        await eventually(lambda: all(leg._heard for leg in (tunnel._client, tunnel._upstream)))
    await connection.send("still here")

    assert await connection.recv() == "still here"


@pytest.mark.parametrize("said", [b"\x81\x02hi\x88\x05\x0f\xa1bye", b"\x81\x02hi"], ids=["close frame", "nothing"])
async def test_a_backend_that_is_gone_at_once_is_heard_to_its_end(start_gateway, said):
    async def consent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        key = next(
            line for line in (await reader.readuntil(b"\r\n\r\n")).split(b"\r\n") if b"Sec-WebSocket-Key" in line
        )
        accept = accept_key(key.split(b": ")[1].decode())
        head = (
            f"HTTP/1.1 101 Go on\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n"
        )
        writer.write(head.encode() + said)
        writer.close()

    async with await asyncio.start_server(consent, "127.0.0.1", 0) as server:
        running = await start_gateway(upstream=f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        connection = await connect(f"ws://127.0.0.1:{running.client.server.port}/", proxy=None)
        assert await asyncio.wait_for(connection.recv(), 5) == "hi"
        await asyncio.wait_for(connection.wait_closed(), 5)

    expected = (4001, "bye") if b"bye" in said else (1006, "")
    assert (connection.close_code, connection.close_reason) == expected


async def test_after_all_have_left_in_any_way_nothing_is_left(through, backend, sender, eventually, kinds):
    connections = [await through() for _ in range(24)]
    await eventually(lambda: len(backend.connections) == 24)
    gateway = connections[0].gateway
    for i, connection in enumerate(connections):
        await connection.send("x" * 100 * i)
        # A frame that is not whole when the end comes.
        connection.transport.write(b"\x82\xfe\x10\x00mask" + b"y" * 10 * i)
        [
            connection.transport.abort,
            connection.transport.close,
            backend.connections[i].transport.abort,
            backend.connections[i].transport.close,
        ][i % 4]()

    await eventually(lambda: len(gateway.proxy) == 0)
    await eventually(lambda: kinds().count("disconnect") == 24)
    await eventually(lambda: len(backend.closed) == 24)
    assert not gateway.tracker._connections
    assert not gateway.gate._buckets._held


async def test_a_frame_that_is_under_way_is_finished_before_a_close_of_ours(through, backend, eventually):
    connection = await through()
    head, payload = b"\x82\xfe\x03\xe8\x00\x00\x00\x00", b"y" * 1000
    connection.transport.write(head + payload[:500])
    (tunnel,) = connection.gateway.proxy.tunnels
    await eventually(lambda: not tunnel._client.flow.between_frames)
    tunnel.end(1001, "stop")
    connection.transport.write(payload[500:])

    await eventually(lambda: backend.closed)
    assert backend.closed == [(1001, "stop")]
    assert backend.received == [payload]


async def test_what_a_backend_said_before_it_was_gone_arrives(through, backend, eventually, closed):
    connection = await through()
    await eventually(lambda: backend.connections)
    connection.transport.pause_reading()
    messages = [bytes([i]) * 100_000 for i in range(100)]

    async def say() -> None:
        for message in messages:
            await backend.connections[0].send(message)
        backend.connections[0].transport.close()

    saying = asyncio.create_task(say())
    await asyncio.sleep(0)
    connection.transport.resume_reading()
    heard = [await asyncio.wait_for(connection.recv(), 10) for _ in messages]
    await saying

    assert heard == messages
    assert await closed(connection) == (1006, "")


async def test_a_handshake_that_is_under_way_when_the_gateway_stops_is_refused(start_gateway):
    asked, go_on = asyncio.Event(), asyncio.Event()

    async def wait(*_: Any) -> None:
        asked.set()
        await go_on.wait()

    async with serve(lambda _: go_on.wait(), "127.0.0.1", 0, process_request=wait) as server:
        running = await start_gateway(upstream=f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        opening = asyncio.create_task(connect(f"ws://127.0.0.1:{running.client.server.port}/", proxy=None).__aenter__())
        await asyncio.wait_for(asked.wait(), 5)
        await asyncio.wait_for(running.gateway.proxy.stop(), 5)
        go_on.set()
        with pytest.raises(InvalidStatus) as refused:
            await asyncio.wait_for(opening, 5)

    assert refused.value.response.status_code in (502, 503)
    assert len(running.gateway.proxy) == 0
