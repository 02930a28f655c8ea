"""A gateway process in front of a backend of the library `websockets`: what is tracked, and how it stops."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path

import pytest
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve

from resonance_contracts.pb.resonance.v1 import activity_pb2 as pb
from resonance_contracts.topics import ACTIVITY_OBSERVED
from resonance_local.stack import Stack
from tests.proxy.processes import gateway
from tests.support.topic_scan import scan

pytestmark = pytest.mark.embedded

PATH = "/of/this/test"


async def test_everything_passes_is_tracked_and_ends_with_the_gateway(parts: Stack, tmp_path: Path) -> None:
    closed: list[int | None] = []

    async def echo(connection: ServerConnection) -> None:
        async for message in connection:
            await connection.send(message)
        closed.append(connection.close_code)

    async with serve(echo, "127.0.0.1", 0) as server:
        upstream = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        with gateway(parts.environment, upstream, tmp_path) as (address, process):
            clients = [await connect(f"ws://{address}{PATH}", proxy=None) for _ in range(3)]
            for i, client in enumerate(clients):
                await client.send("x" * (i + 1))
                assert await asyncio.wait_for(client.recv(), 10) == "x" * (i + 1)
            process.ask_to_stop()
            for client in clients:
                await asyncio.wait_for(client.wait_closed(), 10)
            await asyncio.to_thread(process.stop, 10)

            assert [client.close_code for client in clients] == [1001] * 3
            assert process.exit_status == 0, process.last_words()
    assert closed == [1001] * 3
    sizes, kinds = await tracked(parts)
    assert sorted(sizes) == [1, 2, 3]
    assert kinds[pb.ACTIVITY_KIND_CONNECT] == kinds[pb.ACTIVITY_KIND_DISCONNECT] == 3


async def tracked(parts: Stack) -> tuple[list[int], Counter[int]]:
    """Sizes of the messages of this test, and how many events of each kind its users have."""
    batches = [
        record.message
        for record in (await scan(parts.environment["RESONANCE_KAFKA_BOOTSTRAP"], [ACTIVITY_OBSERVED]))[
            ACTIVITY_OBSERVED.name
        ]
    ]
    events = [
        (batch.strings[batch.source[i]].removesuffix("#session"), batch.strings[batch.channel[i]], batch, i)
        for batch in batches
        for i in range(len(batch.sequence))
    ]
    ours = {source for source, channel, _, _ in events if channel == PATH}
    sizes = [batch.size[i] for _, channel, batch, i in events if channel == PATH]
    return sizes, Counter(batch.kind[i] for source, _, batch, i in events if source in ours)
