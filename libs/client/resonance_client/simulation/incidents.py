"""What planted users do while their incident lasts. Each is a function of the person, chance and the stretch."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Final

from resonance_client.simulation.kinds import Incident
from resonance_client.simulation.names import address
from resonance_client.simulation.people import MINUTE, Persona, write
from resonance_client.timeline import Action, ConnectionScript


@dataclass(frozen=True, slots=True)
class Stage:
    """Where and when an incident is played.

    Attributes:
        person: Who does it.
        chance: What they draw from.
        start_s, end_s: Event time, seconds.
        usual_pace: The person's usual messages a minute while they are online.
        label: Prefix of connection names and token ids.
    """

    person: Persona
    chance: Random
    start_s: float
    end_s: float
    usual_pace: float
    label: str

    def connection(self, number: int = 0, place: str | None = None, login: int = 0) -> ConnectionScript:
        """The n-th connection, with the token of the n-th login, from the usual place unless another is given."""
        name = f"{self.person.user}-{self.label}"
        return ConnectionScript(
            self.person.user, f"{name}-{number}", place or self.person.addresses[0], f"{name}-{login}"
        )


def _ticks(start_s: float, end_s: float, gap_s: Callable[[], float]) -> Iterator[float]:
    time_s = start_s
    while time_s < end_s:
        yield time_s
        time_s += gap_s()


def _one_connection(
    stage: Stage, gap_s: Callable[[], float], say: Callable[[ConnectionScript, float], None]
) -> list[Action]:
    script = stage.connection()
    script.connect(stage.start_s)
    for time_s in _ticks(stage.start_s + 1, stage.end_s, gap_s):
        say(script, time_s)
    script.disconnect(stage.end_s)
    return script.actions


def flood(stage: Stage) -> list[Action]:
    """160 to 220 messages a minute on one channel: above the rule of 100, below the limiter's 10 a second."""
    per_minute = stage.chance.uniform(160, 220)
    channel = stage.person.channels[0]
    return _one_connection(
        stage,
        lambda: MINUTE / per_minute * stage.chance.uniform(0.4, 1.6),
        lambda script, time_s: write(stage.person, stage.chance, script, time_s, channel),
    )


def slow_burn(stage: Stage) -> list[Action]:
    """3 to 4 times the person's own pace, at most 60 a minute, without their pauses."""
    per_minute = min(60.0, stage.chance.uniform(3.0, 4.0) * stage.usual_pace)
    return _one_connection(
        stage,
        lambda: MINUTE / per_minute * stage.chance.gammavariate(2, 0.5),
        lambda script, time_s: write(
            stage.person, stage.chance, script, time_s, stage.chance.choice(stage.person.channels)
        ),
    )


def error_storm(stage: Stage) -> list[Action]:
    """A usual pace, but four of five messages fail: half of those at channels that are forbidden."""

    def say(script: ConnectionScript, time_s: float) -> None:
        luck = stage.chance.random()
        if luck < 0.4:
            script.publish(time_s, f"admin.{stage.person.channels[0]}", round(stage.person.size))
        else:
            script.message(time_s, stage.person.channels[0], round(stage.person.size), error=luck < 0.8)

    return _one_connection(stage, lambda: stage.chance.uniform(2, 12), say)


def address_rotation(stage: Stage) -> list[Action]:
    """A new address and a new token every half minute, as through a pool of proxies."""
    actions: list[Action] = []
    for number, start_s in enumerate(_ticks(stage.start_s, stage.end_s - 30, lambda: 30.0)):
        script = stage.connection(number, address(stage.chance), number)
        script.connect(start_s)
        for time_s in _ticks(start_s + 2, start_s + 27, lambda: stage.chance.uniform(3, 9)):
            write(stage.person, stage.chance, script, time_s, stage.person.channels[0])
        script.disconnect(start_s + 29)
        actions += script.actions
    return actions


def token_sharing(stage: Stage) -> list[Action]:
    """Ten addresses use one token at once, each at an unhurried pace."""
    actions: list[Action] = []
    for number in range(10):
        script = stage.connection(number, address(stage.chance))
        begin_s = stage.start_s + number * 5.0
        script.connect(begin_s)
        for time_s in _ticks(begin_s + 3, stage.end_s, lambda: stage.chance.uniform(20, 70)):
            write(stage.person, stage.chance, script, time_s, stage.chance.choice(stage.person.channels))
        script.disconnect(stage.end_s)
        actions += script.actions
    return actions


def rate_limit_abuse(stage: Stage) -> list[Action]:
    """25 to 35 messages a second: the limiter lets 10 a second pass after a burst of 100."""
    per_second = stage.chance.uniform(25, 35)
    return _one_connection(
        stage,
        lambda: stage.chance.uniform(0.5, 1.5) / per_second,
        lambda script, time_s: script.message(time_s, stage.person.channels[0], 40),
    )


def clockwork_bot(stage: Stage) -> list[Action]:
    """The same message every few seconds, to the millisecond."""
    every_s = float(stage.chance.randint(6, 9))
    return _one_connection(
        stage, lambda: every_s, lambda script, time_s: script.message(time_s, stage.person.channels[0], 64)
    )


PLAY: Final[dict[Incident, Callable[[Stage], list[Action]]]] = {
    Incident.FLOOD: flood,
    Incident.SLOW_BURN: slow_burn,
    Incident.ERROR_STORM: error_storm,
    Incident.ADDRESS_ROTATION: address_rotation,
    Incident.TOKEN_SHARING: token_sharing,
    Incident.RATE_LIMIT_ABUSE: rate_limit_abuse,
    Incident.CLOCKWORK_BOT: clockwork_bot,
}
