"""People with habits that look like incidents, and what they do when they mean it.

A habit comes back every half hour and is ordinary for whoever has it: an export, a rush, a flaky network, a way through
many networks. Later the same person does something that is not: the same, two to four times as strongly, and something
else.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from resonance_client.simulation.chance import seeded
from resonance_client.simulation.incidents import PLAY, Stage
from resonance_client.simulation.kinds import ACCEPTED, MINUTES, Incident
from resonance_client.simulation.names import address
from resonance_client.simulation.people import HOUR, MINUTE, Persona, write
from resonance_client.simulation.plan import Plan, Planted
from resonance_client.timeline import Action, Kind

EVERY_S: Final = 30 * MINUTE


class Habit(StrEnum):
    """What somebody does again and again."""

    EXPORT = "export"
    RUSH = "rush"
    FLAKY = "flaky"
    ROAMING = "roaming"
    UPLOADS = "uploads"
    RECONNECTS = "reconnects"


SAME: Final = {
    Habit.EXPORT: Incident.FLOOD,
    Habit.RUSH: Incident.SLOW_BURN,
    Habit.FLAKY: Incident.ERROR_STORM,
    Habit.ROAMING: Incident.ADDRESS_ROTATION,
    Habit.UPLOADS: Incident.FLOOD,
    Habit.RECONNECTS: Incident.ADDRESS_ROTATION,
}
"""The incident that a habit looks like, as far as there is one of the simulator's."""

OTHER: Final = {
    Habit.EXPORT: Incident.TOKEN_SHARING,
    Habit.RUSH: Incident.ERROR_STORM,
    Habit.FLAKY: Incident.FLOOD,
    Habit.ROAMING: Incident.RATE_LIMIT_ABUSE,
    Habit.UPLOADS: Incident.TOKEN_SHARING,
    Habit.RECONNECTS: Incident.ERROR_STORM,
}
"""Another one, that the same person does later."""

ALSO: Final = {Habit.ROAMING: ("token_sharing",), Habit.RECONNECTS: ("unusual_volume",)}
"""Kinds of alert that find that, too: one token comes from many networks, and each login brings messages."""

LASTS_S: Final = {
    Habit.EXPORT: 3 * MINUTE,
    Habit.RUSH: 10 * MINUTE,
    Habit.FLAKY: 6 * MINUTE,
    Habit.ROAMING: 8 * MINUTE,
    Habit.UPLOADS: 6 * MINUTE,
    Habit.RECONNECTS: 8 * MINUTE,
}


@dataclass(frozen=True, slots=True)
class Habits:
    """What is done beside the plan.

    Attributes:
        people: Who has which habit.
        actions: What they do, in no order.
        planted: What of it is no habit.
    """

    people: dict[str, Habit]
    actions: tuple[Action, ...]
    planted: tuple[Planted, ...]


def habits(plan: Plan, begin_s: float, end_s: float) -> Habits:
    """Four people of a plan with a habit each, from a time on; after `end_s` they do what is no habit.

    The plan has to last three hours longer: the judge takes what it finds of somebody within an hour of something that
    is planted to be about that.
    """
    chance = seeded(plan.scenario.seed, "habits")
    planted = {one.user for one in plan.incidents.planted}
    lively = sorted((p for p in plan.people if p.user not in planted), key=lambda p: p.pause_s)
    chosen = dict(zip(Habit, chance.sample(lively[: max(len(lively) // 2, len(Habit))], len(Habit)), strict=True))
    actions: list[Action] = []
    told: list[Planted] = []
    for habit, person in chosen.items():
        pace = _pace(plan, person)
        times = _times(habit, chance.random(), begin_s, end_s)
        for number, start_s in enumerate(times):
            name = f"h{number}"
            stage = Stage(
                person, seeded(plan.scenario.seed, habit, number), start_s, start_s + LASTS_S[habit], pace, name
            )
            actions += DO[habit](stage, 1.0)
        same = _stage(plan, person, SAME[habit], end_s + 0.6 * HOUR, pace, "same")
        other = _stage(plan, person, OTHER[habit], end_s + 2.0 * HOUR, pace, "other")
        actions += [*DO[habit](same, 2.0), *PLAY[OTHER[habit]](other)]
        told += [_planted(SAME[habit], same, ALSO.get(habit, ())), _planted(OTHER[habit], other)]
    return Habits({person.user: habit for habit, person in chosen.items()}, tuple(actions), tuple(told))


def _times(habit: Habit, shift: float, begin_s: float, end_s: float) -> Sequence[float]:
    first_s = begin_s + shift * (EVERY_S - LASTS_S[habit])
    return [first_s + n * EVERY_S for n in range(int((end_s - begin_s) // EVERY_S))]


def _stage(plan: Plan, person: Persona, kind: Incident, start_s: float, pace: float, label: str) -> Stage:
    chance = seeded(plan.scenario.seed, label, kind.value)
    return Stage(person, chance, start_s, start_s + MINUTES[kind] * MINUTE, pace, label)


def _planted(kind: Incident, stage: Stage, also: Collection[str] = ()) -> Planted:
    times = round(stage.start_s * 1e6), round(stage.end_s * 1e6)
    return Planted(kind, stage.person.user, *times, ACCEPTED[kind] | frozenset(also))


def _pace(plan: Plan, person: Persona) -> float:
    """Messages a minute in the hours that were learned from, of those that somebody was online."""
    own = [action for action in plan.learning.actions if action.user == person.user]
    messages = sum(action.kind in (Kind.MESSAGE, Kind.PUBLISH) for action in own)
    minutes = {action.time_us // 60_000_000 for action in own}
    return messages / max(len(minutes), 1)


def _say(stage: Stage, per_minute: float, errors: float = 0.0) -> list[Action]:
    """Messages at a pace over one connection, of which a share fails."""
    script = stage.connection()
    script.connect(stage.start_s)
    time_s = stage.start_s + 1.0
    while time_s < stage.end_s:
        channel = stage.chance.choice(stage.person.channels)
        if stage.chance.random() < errors:
            script.message(time_s, channel, round(stage.person.size), error=True)
        else:
            write(stage.person, stage.chance, script, time_s, channel)
        time_s += MINUTE / per_minute * stage.chance.gammavariate(4, 0.25)
    script.disconnect(stage.end_s)
    return script.actions


def _export(stage: Stage, times: float) -> list[Action]:
    return _say(stage, times * stage.chance.uniform(115, 125))


def _rush(stage: Stage, times: float) -> list[Action]:
    return _say(stage, times**1.6 * stage.chance.uniform(22, 26))


def _flaky(stage: Stage, times: float) -> list[Action]:
    """More than half of the messages fail; nine in ten of twice as many, where it is meant."""
    return _say(stage, 10.0 * times, 1.0 - (1.0 - stage.chance.uniform(0.55, 0.6)) / times**2)


def _roaming(stage: Stage, times: float) -> list[Action]:
    """Another network every minute."""
    actions: list[Action] = []
    step_s, number, start_s = MINUTE / times, 0, stage.start_s
    while start_s < stage.end_s - step_s / 2:
        script = stage.connection(number, address(stage.chance))
        script.connect(start_s)
        time_s = start_s + 2
        while time_s < start_s + step_s - 2:
            write(stage.person, stage.chance, script, time_s, stage.person.channels[0])
            time_s += stage.chance.uniform(4, 12)
        script.disconnect(start_s + step_s - 1)
        actions += script.actions
        start_s, number = start_s + step_s, number + 1
    return actions


def _uploads(stage: Stage, times: float) -> list[Action]:
    """Messages thirty times as large; a hundred and twenty times where they are meant."""
    script = stage.connection()
    script.connect(stage.start_s)
    time_s = stage.start_s + 1.0
    while time_s < stage.end_s:
        script.message(
            time_s, stage.person.channels[0], round(times**2 * 30 * stage.person.size * stage.chance.uniform(0.8, 1.2))
        )
        time_s += stage.chance.uniform(4, 12)
    script.disconnect(stage.end_s)
    return script.actions


def _reconnects(stage: Stage, times: float) -> list[Action]:
    """A new login every twenty seconds."""
    actions: list[Action] = []
    step_s, number, start_s = 20.0 / times, 0, stage.start_s
    while start_s < stage.end_s - step_s:
        script = stage.connection(number, login=number)
        script.connect(start_s)
        for late_s in (0.2, 0.6):
            write(stage.person, stage.chance, script, start_s + late_s * step_s, stage.person.channels[0])
        script.disconnect(start_s + 0.9 * step_s)
        actions += script.actions
        start_s, number = start_s + step_s, number + 1
    return actions


DO: Final[dict[Habit, Callable[[Stage, float], list[Action]]]] = {
    Habit.EXPORT: _export,
    Habit.RUSH: _rush,
    Habit.FLAKY: _flaky,
    Habit.ROAMING: _roaming,
    Habit.UPLOADS: _uploads,
    Habit.RECONNECTS: _reconnects,
}
