"""Ordinary people: when they come and go, how they write, what they do now and then.

A person is online in sessions with breaks between them, more often around the hours of the day that are
theirs. In a session they write in bursts, as in a conversation, with pauses between. Lengths and gaps are
log-normal, as measured of people's messages (Malmgren et al. 2008; Barabasi 2005 for the heavy tails).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp
from random import Random
from typing import Final

from resonance_client.simulation.chance import around, seeded
from resonance_client.simulation.names import CHANNELS, address, user_name
from resonance_client.timeline import Action, ConnectionScript

MINUTE: Final = 60.0
HOUR: Final = 3600.0


@dataclass(frozen=True, slots=True)
class Persona:
    """One person's habits. Times in seconds, medians unless said otherwise.

    Attributes:
        user: User id.
        addresses: One or two places they write from, the usual one first.
        channels: Channels they are in, favourite first.
        gap_s: Between two messages of a burst.
        burst: Messages in a burst.
        pause_s: Between bursts.
        session_s: Length of a session.
        break_s: Between sessions, at their favourite hour.
        size: Bytes of a message.
        error_rate: Share of messages that fail, 0 to 1.
        token_s: Age at which their token is exchanged for a new one.
        peak_hour: Hour of the day (UTC) around which they are online most.
    """

    user: str
    addresses: tuple[str, ...]
    channels: tuple[str, ...]
    gap_s: float
    burst: float
    pause_s: float
    session_s: float
    break_s: float
    size: float
    error_rate: float
    token_s: float
    peak_hour: float


def persona(seed: int, number: int) -> Persona:
    """The n-th person of a scenario, from 0: a function of seed and number."""
    chance = seeded(seed, "persona", number)
    return Persona(
        user=user_name(number),
        addresses=tuple(address(chance) for _ in range(chance.choice((1, 2, 2)))),
        channels=tuple(chance.sample(CHANNELS, chance.randint(2, 5))),
        gap_s=chance.uniform(6, 14),
        burst=chance.uniform(3, 7),
        pause_s=chance.uniform(50, 130),
        session_s=chance.uniform(20, 50) * MINUTE,
        break_s=chance.uniform(10, 30) * MINUTE,
        size=around(chance, 90, 0.5),
        error_rate=chance.uniform(0.001, 0.006),
        token_s=chance.uniform(40, 90) * MINUTE,
        peak_hour=chance.uniform(9, 16),
    )


def eagerness(person: Persona, time_s: float) -> float:
    """How much a person likes to be online at this event time: 1 at their favourite hour, 0.3 at the worst."""
    hour = time_s / HOUR % 24
    away = min(abs(hour - person.peak_hour), 24 - abs(hour - person.peak_hour))
    return 0.3 + 0.7 * exp(-((away / 4) ** 2) / 2)


class Token:
    """The token a person holds; exchanged for a new one when it is old, at the next login."""

    def __init__(self, person: Persona, label: str, time_s: float) -> None:
        self._person = person
        self._label = label
        self._since_s = time_s
        self._number = 1

    def at(self, time_s: float) -> str:
        """Token id for a login at this event time."""
        if time_s - self._since_s > self._person.token_s:
            self._since_s = time_s
            self._number += 1
        return f"{self._person.user}-{self._label}-{self._number}"


def ordinary(person: Persona, chance: Random, start_s: float, end_s: float, label: str = "a") -> list[Action]:
    """What a person does from `start_s` to `end_s` (event time, seconds).

    The first session begins at a random point of a break, so that people do not come all at once; the last
    one ends with the stretch. `label` keeps names of connections and tokens apart from other stretches.
    """
    actions: list[Action] = []
    token = Token(person, label, start_s)
    time_s = start_s + chance.random() * person.break_s
    number = 0
    while time_s < end_s - MINUTE:
        number += 1
        place = person.addresses[0] if chance.random() < 0.8 else person.addresses[-1]
        script = ConnectionScript(person.user, f"{person.user}-{label}-{number}", place, token.at(time_s))
        until = min(time_s + around(chance, person.session_s, 0.4), end_s)
        time_s = _online(person, chance, script, time_s, until)
        actions += script.actions
        time_s += _away(person, chance, time_s)
    return actions


def _away(person: Persona, chance: Random, time_s: float) -> float:
    if chance.random() < 0.15:
        return chance.uniform(1, 5)  # A dropped connection: back within seconds.
    return around(chance, person.break_s, 0.5) / eagerness(person, time_s)


def _online(person: Persona, chance: Random, script: ConnectionScript, start_s: float, end_s: float) -> float:
    script.connect(start_s)
    script.subscribe(start_s + 0.2, person.channels)
    time_s = start_s + around(chance, 8, 0.6)
    while time_s < end_s - 1:
        time_s = _converse(person, chance, script, time_s, end_s)
        time_s += around(chance, person.pause_s, 0.6)
    script.disconnect(end_s)
    return end_s


def _converse(person: Persona, chance: Random, script: ConnectionScript, start_s: float, end_s: float) -> float:
    time_s = start_s
    channel = chance.choices(person.channels, weights=range(len(person.channels), 0, -1))[0]
    for _ in range(max(1, round(around(chance, person.burst, 0.5)))):
        if time_s >= end_s:
            break
        write(person, chance, script, time_s, channel)
        time_s += max(0.8, around(chance, person.gap_s, 0.6))
    return time_s


def write(person: Persona, chance: Random, script: ConnectionScript, time_s: float, channel: str) -> None:
    """One message; now and then it fails, or goes to a channel that is not theirs."""
    size = max(2, min(4000, round(around(chance, person.size, 0.6))))
    luck = chance.random()
    if luck < person.error_rate / 4:
        script.publish(time_s, f"admin.{channel}", size)
    else:
        script.message(time_s, channel, size, error=luck < person.error_rate)
