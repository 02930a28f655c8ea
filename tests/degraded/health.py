"""What the gateway says of providers, and what the orchestrator counted of them."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

import jwt
from aiohttp import ClientError, ClientSession

from resonance_contracts.topics import Service
from resonance_llm_orchestrator.failures import NOT_ASKED
from resonance_local.stack import Stack

LATE_S: Final = 15.0
"""Longest time until health says what is so, on a busy machine; it is told once a second."""


async def until_said(http: ClientSession, stack: Stack, up: Mapping[str, bool], seconds: float = LATE_S) -> float:
    """Waits until `/ml/multi-llm/health` says who writes and who does not; how long that took, seconds.

    Raises:
        AssertionError: It does not say so in time.
    """
    wanted = "up" if all(up.values()) else "degraded"
    began, said = time.monotonic(), None
    while time.monotonic() - began < seconds:
        said = await _said(http, stack)
        if said is not None and said["state"] == wanted and _up(said) == dict(up):
            return time.monotonic() - began
        await asyncio.sleep(0.1)
    raise AssertionError(f"health does not say that it is {dict(up)}: {said}")


async def attempts(http: ClientSession, stack: Stack) -> Counter[str]:
    """Requests that the orchestrator sent since it started, by provider, as its metrics count them."""
    async with http.get(f"{stack.url(Service.LLM_ORCHESTRATOR)}/metrics") as answer:
        text = await answer.text()
    counted: Counter[str] = Counter()
    for line in text.splitlines():
        if line.startswith("resonance_llm_requests_total{"):
            labels, _, value = line.partition("{")[2].partition("} ")
            told = dict(part.split("=", 1) for part in labels.split(","))
            if told["outcome"].strip('"') not in NOT_ASKED:
                counted[told["provider"].strip('"')] += round(float(value))
    return counted


def _up(said: Mapping[str, Any]) -> dict[str, bool]:
    return {one["provider"]: one["state"] == "up" for one in said["providers"]}


async def _said(http: ClientSession, stack: Stack) -> dict[str, Any] | None:
    claims = {"sub": "olga", "exp": time.time() + 600, "jti": "olga", "roles": ["operator"]}
    headers = {"Authorization": f"Bearer {jwt.encode(claims, stack.jwt_secret, 'HS256')}"}
    try:
        async with http.get(f"{stack.url(Service.GATEWAY)}/ml/multi-llm/health", headers=headers) as answer:
            found: dict[str, Any] = await answer.json()
            return found if answer.status == 200 else None
    except ClientError:
        return None
