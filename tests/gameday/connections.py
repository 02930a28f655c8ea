"""Connections that are slow, narrow, reset, silent or cut, between the services and what they need."""

from __future__ import annotations

from functools import partial
from typing import Final

from tests.gameday import advice
from tests.gameday.fault import Fault, Hands

LASTS_S: Final = 8.0
LATENCY_MS: Final = 400
JITTER_MS: Final = 200
NARROW_KB_S: Final = 16
NAMES: Final = {"kafka": "Kafka", "minio": "the object store", "redis": "Redis", "clients": "clients"}


def faults(*names: str) -> list[Fault]:
    """Each kind on connections to each of those, by the names of `NAMES`."""
    return [fault for name in names for fault in _of(name)]


def _of(name: str) -> list[Fault]:
    who = NAMES[name]
    return [
        _fault(name, "slow", f"every packet to and from {who} takes {LATENCY_MS} ± {JITTER_MS} ms", _slow),
        _fault(name, "narrow", f"{NARROW_KB_S} kB/s on each connection to {who}", _narrow),
        _fault(name, "reset", f"each connection to {who} is reset as soon as it is used", _reset),
        _fault(name, "silent", f"nothing comes through to or from {who}, and no connection ends", _silence),
        _fault(name, "cut", f"connections to {who} end, and new ones are refused", _cut),
    ]


def _fault(name: str, how: str, title: str, strike: partial[None] | object) -> Fault:
    assert callable(strike)
    return Fault(
        f"{how}-{name}",
        title[0].upper() + title[1:],
        partial(strike, name=name),
        lambda hands: hands.proxy.heal(),
        LASTS_S,
        advice.connection(name, how),
    )


def _slow(hands: Hands, name: str) -> None:
    hands.proxy.poison(name, "latency", latency=LATENCY_MS, jitter=JITTER_MS)


def _narrow(hands: Hands, name: str) -> None:
    hands.proxy.poison(name, "bandwidth", rate=NARROW_KB_S)


def _reset(hands: Hands, name: str) -> None:
    hands.proxy.poison(name, "reset_peer", timeout=0)


def _silence(hands: Hands, name: str) -> None:
    hands.proxy.poison(name, "timeout", timeout=0)


def _cut(hands: Hands, name: str) -> None:
    hands.proxy.cut(name)
