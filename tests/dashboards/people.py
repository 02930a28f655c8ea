"""People on live WebSocket connections: ordinary ones, and some who are not."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import aiohttp

from resonance_client.tokens import TokenSigner
from tests.compose.stack import Stack

ORDINARY: Final = 12
ROUND_S: Final = 20.0
"""How long somebody stays before coming back: connections begin and end under load."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How somebody writes.

    Attributes:
        pause_s: Mean time between frames, seconds.
        wrong: Share of frames that are no frames.
    """

    pause_s: float
    wrong: float = 0.0


MANNERS: Final[Mapping[str, Manner]] = {
    **{f"person-{number}": Manner(2.0) for number in range(ORDINARY)},
    "flood-1": Manner(0.2),
    "flood-2": Manner(0.25),
    "wrong-1": Manner(0.5, wrong=0.8),
    "limited-1": Manner(0.05),
    # Has a limit of its own, see `raised`: a thousand messages a minute are critical.
    "critical-1": Manner(0.035),
}


async def raised(stack: Stack, http: aiohttp.ClientSession, token: str) -> None:
    """Lets one write as fast as it likes."""
    url = f"{stack.url('GATEWAY_PORT')}/ml/limits/critical-1"
    body = {"rate": 60.0, "burst": 600.0, "expires_s": 3600, "reason": "is to be critical, not limited"}
    async with http.put(url, json=body, headers={"Authorization": f"Bearer {token}"}) as answer:
        answer.raise_for_status()


async def people(stack: Stack, http: aiohttp.ClientSession, seconds: float) -> None:
    """Everybody writes, and comes back, for a time."""
    signer = TokenSigner(stack.jwt_secret)
    until = asyncio.get_running_loop().time() + seconds
    await asyncio.gather(*(_one(stack, http, signer, name, manner, until) for name, manner in MANNERS.items()))


async def _one(
    stack: Stack, http: aiohttp.ClientSession, signer: TokenSigner, name: str, manner: Manner, until: float
) -> None:
    clock, chance = asyncio.get_running_loop().time, random.Random(name)
    while clock() < until:
        leaves = min(until, clock() + ROUND_S * (1 + chance.random()))
        headers = {"Authorization": f"Bearer {signer.sign(name)}"}
        try:
            async with http.ws_connect(f"{stack.url('GATEWAY_PORT')}/ws", headers=headers) as ws:
                reading = asyncio.create_task(_read(ws))
                await ws.send_json({"type": "subscribe", "channels": ["lobby", name]})
                while clock() < leaves and not ws.closed:
                    await ws.send_str(_frame(name, manner, chance))
                    await asyncio.sleep(chance.expovariate(1 / manner.pause_s))
                reading.cancel()
        except (aiohttp.ClientError, ConnectionError):
            await asyncio.sleep(1)


async def _read(ws: aiohttp.ClientWebSocketResponse) -> None:
    async for _ in ws:
        pass


def _frame(name: str, manner: Manner, chance: random.Random) -> str:
    if chance.random() < manner.wrong:
        return "this is no frame"
    kind = "publish" if chance.random() < 0.2 else "message"
    return json.dumps({"type": kind, "channel": "lobby", "data": "x" * chance.randint(10, 400)})
