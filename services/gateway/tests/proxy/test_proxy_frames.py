"""Messages, subprotocols and headers through the gateway, as they were sent."""

from __future__ import annotations

import asyncio

import pytest


@pytest.mark.parametrize(
    "message",
    ["hello", "", b"", b"\x00\xff" * 10, "тест ✓ 𝄞", "x" * 125, "x" * 126, "y" * 65_535, "z" * 65_536, b"b" * 900_000],
    ids=lambda message: f"{type(message).__name__}-{len(message)}",
)
async def test_messages_arrive_as_they_were_sent(through, message):
    connection = await through()

    await connection.send(message)

    assert await asyncio.wait_for(connection.recv(), 5) == message


async def test_messages_stay_in_order_and_fragments_are_one_message(through, sender, eventually, kinds):
    connection = await through()
    many = [f"message {i} " + "x" * (i * 37 % 5000) for i in range(500)]

    async def send() -> None:
        for text in many:
            await connection.send(text)
        await connection.send(["a", "b" * 70_000, "", "c"])

    sending = asyncio.create_task(send())
    received = [await asyncio.wait_for(connection.recv(), 5) for _ in range(501)]
    await sending

    assert received == [*many, "a" + "b" * 70_000 + "c"]
    await eventually(lambda: kinds().count("message") == 501)
    sizes = [event["size"] for event in sender.events() if event["kind"] == "message"]
    assert sizes == [len(text) for text in received]


async def test_pings_go_through_to_the_other_side(through, backend, eventually):
    connection = await through()
    await asyncio.wait_for(await connection.ping(b"from the client"), 5)
    await eventually(lambda: backend.connections)
    await asyncio.wait_for(await backend.connections[0].ping(b"from the backend"), 5)


async def test_the_backend_chooses_the_subprotocol(through):
    chosen = await through(subprotocols=["chat.v1", "chat.v2", "other"])
    none = await through()

    assert chosen.subprotocol == "chat.v1"
    assert none.subprotocol is None


async def test_compression_is_on_neither_leg(through, backend, eventually):
    connection = await through(compression="deflate")
    await eventually(lambda: backend.connections)

    assert connection.protocol.extensions == []
    assert backend.connections[0].protocol.extensions == []


async def test_path_query_and_headers_arrive(through, backend, eventually):
    headers = {
        "Cookie": "a=1; b=2",
        "Authorization": "Basic dXNlcjpwdw==",
        "X-Forwarded-For": "198.51.100.1",
        "Forwarded": "for=198.51.100.1",
        "X-Own": "kept",
    }
    await through(
        "/a%20b/../c?x=%2F&y=a+b",
        additional_headers=headers,
        origin="https://app.example.com",
        user_agent_header="ua/1",
    )
    await eventually(lambda: backend.connections)
    request = backend.connections[0].request

    assert request.path == "/a%20b/../c?x=%2F&y=a+b"
    expected = {
        "Cookie": "a=1; b=2",
        "Authorization": "Basic dXNlcjpwdw==",
        "Origin": "https://app.example.com",
        "User-Agent": "ua/1",
        "X-Own": "kept",
        "X-Forwarded-For": "127.0.0.1",
        "X-Forwarded-Proto": "http",
    }
    assert {name: request.headers[name] for name in expected} == expected
    host = request.headers["Host"]
    assert host != f"127.0.0.1:{backend.port}"
    assert request.headers["X-Forwarded-Host"] == host
    assert request.headers.get_all("Forwarded") == [f'for=127.0.0.1;host="{host}";proto=http']
