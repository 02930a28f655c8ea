"""People of whom a third use an application of their own, which is out of order for a day.

That application sends large messages and fails at a quarter of them: ordinary for those who have it. A model that is
learned while it is away knows nothing of it, does as well as the one before, and finds everybody who has it unusual
when it is back.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

from resonance_client.simulation.chance import seeded
from resonance_client.simulation.people import HOUR, Persona, ordinary, persona
from resonance_client.simulation.plan import START_S
from resonance_client.timeline import Action, Kind, merge

PEOPLE: Final = 45
EVERY: Final = 3
"""Every so many people have the application."""
BEGIN_S: Final = START_S - 9 * HOUR
"""Midnight."""
SEED: Final = 1
KINDS: Final = {Kind.CONNECT: ("connect", "login"), Kind.PUBLISH: ("message",)}
"""What a backend tells of a deed, where it is not the deed's own name."""


def hour(number: int, *, away: bool) -> list[Action]:
    """What everybody does in one hour of event time, from 0.

    Args:
        number: Which hour.
        away: Whether the application is out of order: then those who have it do nothing.
    """
    start_s = BEGIN_S + number * HOUR
    return merge(
        ordinary(_habits(i), seeded(SEED, "hour", i, number), start_s, start_s + HOUR, f"h{number}")
        for i in range(PEOPLE)
        if not (away and i % EVERY == 0)
    )


def events(actions: list[Action]) -> Iterator[dict[str, Any]]:
    """The same as a backend tells it by `POST /ml/activity`."""
    for action in actions:
        for kind in KINDS.get(action.kind, (action.kind.value,)):
            event: dict[str, Any] = {
                "user_id": action.user,
                "kind": kind,
                "time": action.time_us / 1e6,
                "ip_address": action.address,
                "token_id": action.token,
            }
            if kind == "message":
                event |= {"message_size": action.size, "error": action.error}
            if action.channels:
                event["channels"] = action.channels
            yield event


def _habits(number: int) -> Persona:
    person = persona(SEED, number)
    return replace(person, size=person.size * 30, error_rate=0.25) if number % EVERY == 0 else person
