"""Disks and memory that are full."""

from __future__ import annotations

from functools import partial
from typing import Final

from resonance_contracts.topics import Service
from tests.gameday import advice
from tests.gameday.fault import Fault, Hands

LASTS_S: Final = 10.0
FILLING: Final = "/disks/{}/filling"
OWN_FILLING: Final = "/tmp/filling"  # noqa: S108 - in a container, whose /tmp is meant
# Whoever takes most memory is ended first; it is to be the service, which does not take it.
EXHAUST: Final = (
    "open('/proc/1/oom_score_adj', 'w').write('1000')\n"
    "taken = []\n"
    "while True: taken.append(bytearray(16 * 1024 * 1024))"
)


def faults() -> list[Fault]:
    """The disks of broker and store, and what services write for themselves."""
    return [
        _full("minio", "the object store's disk is full"),
        Fault(
            "full-tmp",
            "What every service may write for itself is full",
            _fill_tmp,
            _empty_tmp,
            LASTS_S,
            advice.full("tmp"),
        ),
        # A broker that cannot write its log ends itself.
        _full("kafka", "the broker's disk is full", ends=("kafka",)),
    ]


def exhaust_memory(hands: Hands, name: str) -> None:
    """Something in the container takes memory until the kernel ends its service."""
    hands.containers.run(name, "python", "-c", EXHAUST)
    hands.containers.wait_running(name)


def _full(name: str, title: str, ends: tuple[str, ...] = ()) -> Fault:
    return Fault(
        f"full-{name}",
        title[0].upper() + title[1:],
        partial(_fill, name=name),
        partial(_empty, name=name),
        LASTS_S,
        advice.full(name),
        ends,
    )


def _fill(hands: Hands, name: str) -> None:
    hands.containers.run("disks", "dd", "if=/dev/zero", f"of={FILLING.format(name)}", "bs=64k")


def _empty(hands: Hands, name: str) -> None:
    hands.containers.run("disks", "rm", "-f", FILLING.format(name))


def _fill_tmp(hands: Hands) -> None:
    for service in Service:
        hands.containers.run(service, "dd", "if=/dev/zero", f"of={OWN_FILLING}", "bs=64k")


def _empty_tmp(hands: Hands) -> None:
    for service in Service:
        hands.containers.run(service, "rm", "-f", OWN_FILLING)
