"""Who reads slowly slows whoever writes to them, and nobody else."""

from __future__ import annotations

import asyncio


async def test_a_client_that_does_not_read_slows_its_backend_and_nobody_else(through, backend, eventually):
    backend.reads.clear()
    slow, quick = await through(), await through()
    await eventually(lambda: len(backend.connections) == 2)
    slow.transport.pause_reading()
    sent = 0

    async def pour() -> None:
        nonlocal sent
        while True:
            await backend.connections[0].send(b"x" * 100_000)
            sent += 100_000

    pouring = asyncio.create_task(pour())
    backend.reads.set()
    await quick.send("are you there")
    assert await asyncio.wait_for(quick.recv(), 5) == "are you there"
    before = -1
    async with asyncio.timeout(5):
        while sent != before:
            before = sent
            await asyncio.sleep(0.1)
    # What the sockets of two connections hold, not what a gateway that reads on would.
    assert sent < 32_000_000
    await quick.send("still there")
    assert await asyncio.wait_for(quick.recv(), 5) == "still there"

    slow.transport.resume_reading()
    async with asyncio.timeout(5):
        while sent < before + 1_000_000:
            await slow.recv()
    pouring.cancel()


async def test_a_backend_that_does_not_read_slows_its_client(through, backend, eventually):
    connection = await through()
    await eventually(lambda: backend.connections)
    backend.connections[0].transport.pause_reading()
    sent = 0

    async def pour() -> None:
        nonlocal sent
        while sent < 64_000_000:
            await connection.send(b"x" * 100_000)
            sent += 100_000

    pouring = asyncio.create_task(pour())
    before = -1
    async with asyncio.timeout(5):
        while sent != before:
            before = sent
            await asyncio.sleep(0.1)
    assert sent < 32_000_000
    backend.connections[0].transport.resume_reading()
    async with asyncio.timeout(5):
        for _ in range(before // 100_000):
            assert len(await connection.recv()) == 100_000
    pouring.cancel()
