"""What clients of a backend may not."""

from __future__ import annotations

import asyncio

import pytest
from websockets.exceptions import ConnectionClosed

from resonance_runtime import metrics


async def test_a_message_over_the_limit_closes_with_the_time_to_wait(
    through, backend, eventually, kinds, closed, make_token
):
    headers = {"Authorization": f"Bearer {make_token()}"}
    connection = await through(settings={"rate": 0.5, "burst": 3.0}, additional_headers=headers)
    for i in range(5):
        await connection.send(f"{i}")

    assert await closed(connection) == (1013, "More messages came than the limits allow; try again in 2 s.")
    await eventually(lambda: backend.closed)
    assert backend.closed[0][0] == 1013
    await eventually(lambda: kinds()[-1:] == ["disconnect"])
    assert kinds() == ["connect", "login", *["message"] * 3, "limited", "disconnect"]


async def test_messages_over_the_limit_may_wait_instead(through, sender, eventually, kinds, make_token):
    headers = {"Authorization": f"Bearer {make_token()}"}
    settings = {"rate": 50.0, "burst": 2.0, "upstream_over_limit": "delay"}
    before = metrics.GATEWAY_LIMITED.labels(scope="user", reason="rate")._value.get()
    connection = await through(settings=settings, additional_headers=headers)
    began = asyncio.get_running_loop().time()
    for i in range(12):
        await connection.send(f"{i}")
    received = [await asyncio.wait_for(connection.recv(), 5) for _ in range(12)]

    assert received == [f"{i}" for i in range(12)]
    assert asyncio.get_running_loop().time() - began >= 0.19
    assert await connection.gateway.tracker.stop(5)
    assert len(sender.events()) == 14
    assert set(kinds()) == {"connect", "login", "message", "limited"}
    late = [e for e in sender.events() if e["kind"] == "limited"]
    assert metrics.GATEWAY_LIMITED.labels(scope="user", reason="rate")._value.get() == before + len(late)


async def test_messages_that_are_too_large_close_both_sides(through, backend, eventually, closed):
    connection = await through(settings={"upstream_max_message_bytes": 10_000})
    await connection.send("x" * 10_000)
    assert await connection.recv() == "x" * 10_000
    await connection.send("x" * 10_001)

    assert await closed(connection) == (1009, "Messages of at most 10000 bytes pass.")
    await eventually(lambda: backend.closed)
    assert backend.closed[0][0] == 1009


async def test_fragments_count_together(through, backend, eventually, closed):
    connection = await through(settings={"upstream_max_message_bytes": 10_000})
    with pytest.raises(ConnectionClosed):
        await connection.send(["x" * 4000] * 3)
        await connection.recv()

    assert (await closed(connection))[0] == 1009
    await eventually(lambda: backend.closed)


@pytest.mark.parametrize(
    "frame",
    [b"\x81\x01x", b"\xc1\x80aaaa", b"\x83\x80aaaa", b"\x89\xfe\x00\x80aaaa", b"\x09\x80aaaa", b"\x80\x80aaaa"],
    ids=["unmasked", "reserved bit", "reserved opcode", "long ping", "fragmented ping", "continuation of nothing"],
)
async def test_what_is_no_frame_is_not_passed_on(through, backend, eventually, frame, closed):
    connection = await through()
    connection.transport.write(frame)

    assert (await closed(connection))[0] == 1002
    await eventually(lambda: backend.closed)
    assert backend.closed[0][0] == 1002
