"""Limits of REST callers: how many requests, or how much work, one caller may ask for.

A caller has a bucket of its own, apart from that of its connections, and shared by replicas as those are. A request
that is too many is answered with 429 and `Retry-After`.
"""

from __future__ import annotations

from collections.abc import Callable

from aiohttp import web

from resonance_gateway.auth.principal import Principal
from resonance_gateway.auth.roles import Role
from resonance_gateway.limits.adjustments import Scope
from resonance_gateway.limits.buckets import Bucket
from resonance_gateway.limits.gate import BLOCKED, LIMITED, RATE, Gate
from resonance_gateway.limits.limiter import SECOND_US, Limits
from resonance_gateway.rest.access import Admit
from resonance_gateway.rest.problems import TryLater
from resonance_gateway.tracking.clock import Clock


class Callers:
    """Limits callers of some routes.

    Args:
        gate: Keeps the buckets.
        limits: Of each caller: tokens a second, and at once.
        name: Of what is limited, in keys: callers have another bucket under another name.
    """

    def __init__(self, gate: Gate, limits: Limits, clock: Clock, name: str) -> None:
        self._gate = gate
        self._limits = limits
        self._clock = clock
        self._name = name

    def take(self, caller: str, tokens: int = 1) -> None:
        """A caller asks for so much; a request of more than fits into a full bucket passes while that is full.

        Args:
            caller: Its pseudonym.
            tokens: What it costs, at least 1: one a request, or one for each of its parts.

        Raises:
            Problem: 429, too much for now; says when to come again.
        """
        now_us = self._clock.now_us()
        bucket = self._gate.named(f"{self._name}/{caller}", self._limits, now_us)
        wait_us = bucket.wait_us(now_us, min(tokens, int(bucket.limits.burst)))
        if wait_us > 0:
            LIMITED[Scope.USER, BLOCKED if bucket.limits.blocked else RATE].inc()
            raise _too_many(bucket, wait_us / SECOND_US)
        self._gate.spend(bucket, now_us, tokens)


def limited(admit: Admit, callers: Callers, pseudonym: Callable[[str], str]) -> Admit:
    """Admits as `admit` does, and one token a request; raises as both do."""

    async def admit_limited(request: web.Request, roles: tuple[Role, ...]) -> Principal:
        caller = await admit(request, roles)
        callers.take(pseudonym(caller.user_id))
        return caller

    return admit_limited


def _too_many(bucket: Bucket, wait_s: float) -> TryLater:
    limits = bucket.limits
    return TryLater(
        429,
        "Too many requests",
        f"More came than {limits.rate:g} a second and {limits.burst:g} at once; send the next one after "
        f"{wait_s:.1f} s.",
        wait_s,
    )
