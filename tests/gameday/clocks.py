"""Clocks that are wrong: they jump while a service runs, or are wrong when it starts."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final

from resonance_contracts.topics import Service
from tests.gameday import advice
from tests.gameday.fault import Fault, Hands

MINUTES: Final = 10
# A store refuses requests that are signed by a clock that is further off than 15 minutes.
FAR_MINUTES: Final = 20
LASTS_S: Final = 8.0
LOOK_S: Final = 1.0
"""A process looks at the file of its clock once a second."""


def faults() -> list[Fault]:
    """Clocks of everybody, of those who sign requests to the store, and of a gateway that starts with it."""
    everybody, keepers = tuple(Service), (Service.FEATURE_EXTRACTOR, Service.PREDICTOR)
    return [
        _jump("clock-ahead", everybody, MINUTES, f"all services' clocks jump {MINUTES} min ahead, and back"),
        _jump("clock-behind", everybody, -MINUTES, f"all services' clocks jump {MINUTES} min back, and ahead"),
        _jump("clock-far", keepers, FAR_MINUTES, f"clocks of extractor and predictor are {FAR_MINUTES} min ahead"),
        _started("clock-start-ahead", MINUTES, f"the gateway starts with a clock {MINUTES} min ahead"),
        _started("clock-start-behind", -MINUTES, f"the gateway starts with a clock {MINUTES} min behind"),
    ]


def _jump(name: str, services: Sequence[Service], minutes: int, title: str) -> Fault:
    return Fault(
        name,
        title[0].upper() + title[1:],
        partial(_set, services=services, minutes=minutes),
        partial(_set, services=services, minutes=0),
        LASTS_S,
        advice.clock(name),
    )


def _started(name: str, minutes: int, title: str) -> Fault:
    return Fault(
        name,
        title[0].upper() + title[1:],
        partial(_restart, minutes=minutes),
        partial(_restart, minutes=0),
        LASTS_S,
        advice.clock(name),
        ends=(Service.GATEWAY,),
    )


def _set(hands: Hands, services: Sequence[Service], minutes: int) -> None:
    for service in services:
        file = hands.stage.folder / "clocks" / service / "offset"
        file.write_text(f"{60 * minutes:+d}\n", encoding="utf-8")


def _restart(hands: Hands, minutes: int) -> None:
    _set(hands, (Service.GATEWAY,), minutes)
    hands.containers.kill(Service.GATEWAY)
    hands.containers.wait_running(Service.GATEWAY)
