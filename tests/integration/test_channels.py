"""Channels over gateways that are processes of their own: one is killed, and its clients miss nothing."""

from __future__ import annotations

import asyncio
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from resonance_client import (
    Authentication,
    Publication,
    ServerFrame,
    Session,
    Subscribed,
    TokenSigner,
    publish,
    subscribe,
)
from resonance_client.backoff import Backoff
from resonance_local.child import Child
from resonance_local.ports import Ports
from resonance_local.stack import Stack

pytestmark = pytest.mark.embedded

DEADLINE_S = 120
NUMBER = 300


class Gateways:
    """Two gateways on the same parts."""

    def __init__(self, parts: Stack, folder: Path) -> None:
        self._parts = parts
        self._folder = folder
        ports = Ports()
        self._ports = (ports.any(), ports.any())
        self._children: dict[int, Child] = {}

    def start(self, n: int) -> None:
        own = {
            "RESONANCE_HTTP_PORT": str(self._ports[n]),
            "RESONANCE_INSTANCE": f"gateway-{n}",
            "RESONANCE_RATE": "10000",
            "RESONANCE_BURST": "10000",
            "RESONANCE_HISTORY_SIZE": "1000",
        }
        command = [sys.executable, "-m", "resonance_gateway"]
        self._children[n] = Child(
            f"gateway-{n}", command, {**self._parts.environment, **own}, self._folder / f"{n}.log"
        )
        self._children[n].start()

    def wait_ready(self, n: int) -> None:
        deadline = time.monotonic() + DEADLINE_S
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self._ports[n]}/readyz", timeout=2).close()
                return
            except OSError:
                assert time.monotonic() < deadline, self._children[n].last_words()
                time.sleep(0.05)

    def kill(self, n: int) -> None:
        self._children[n].kill()

    def url(self, n: int) -> str:
        return f"ws://127.0.0.1:{self._ports[n]}/ws"


@pytest.fixture
def gateways(parts: Stack, tmp_path: Path) -> Iterator[Gateways]:
    gateways = Gateways(parts, tmp_path)
    for n in (0, 1):
        gateways.start(n)
    for n in (0, 1):
        gateways.wait_ready(n)
    yield gateways
    for n in (0, 1):
        gateways.kill(n)


async def test_a_client_of_a_gateway_that_is_killed_misses_nothing(parts: Stack, gateways: Gateways) -> None:
    told: list[ServerFrame] = []
    signer = TokenSigner(parts.jwt_secret)
    reader = Session(
        gateways.url(0), Authentication(signer.sign("reader")), backoff=Backoff(0.05, 0.2), on_frame=told.append
    )
    async with reader, Session(gateways.url(1), Authentication(signer.sign("writer"))) as writer:
        await reader.send(subscribe(["news"]))
        await reader.drained()
        async with asyncio.timeout(DEADLINE_S):
            while not any(isinstance(frame, Subscribed) for frame in told):
                await asyncio.sleep(0.01)
        for n in range(NUMBER):
            await writer.send(publish("news", n))
            if n == NUMBER // 3:
                gateways.kill(0)
            if n == 2 * NUMBER // 3:
                gateways.start(0)
            await asyncio.sleep(0.002)
        await writer.drained()
        async with asyncio.timeout(DEADLINE_S):
            while not any(isinstance(frame, Publication) and frame.data == NUMBER - 1 for frame in told):
                await asyncio.sleep(0.01)

    heard = [frame for frame in told if isinstance(frame, Publication)]
    assert [frame.position.offset for frame in heard if frame.position] == list(range(1, NUMBER + 1))
    assert [frame.data for frame in heard] == list(range(NUMBER))
    assert reader.sockets_opened > 1
