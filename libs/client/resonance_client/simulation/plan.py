"""A scenario in full: who is ordinary, who is planted, when, and everything that everybody does.

A plan is a function of its scenario. It has two chapters, ordinary traffic to learn from and then traffic
with incidents; `further` writes as many more as are wanted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Final

from resonance_client.frames import MICROSECONDS
from resonance_client.simulation.chance import seeded
from resonance_client.simulation.incidents import PLAY, Stage
from resonance_client.simulation.kinds import ACCEPTED, MINUTES, Incident
from resonance_client.simulation.people import HOUR, MINUTE, Persona, ordinary, persona
from resonance_client.timeline import Action, Kind, merge, split

START_S: Final = 1_768_208_400
"""Monday, 12 January 2026, 09:00 UTC: event time begins here, so that a seed always gives the same events."""
QUIET_S: Final = 2 * MINUTE
"""Planted users say nothing for so long before their incident, and nothing after it."""
UNSEEN_PACE: Final = 2.0
"""Messages a minute of a person who did not write while others learned; only short scenarios have such people."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """What a plan is made from.

    Attributes:
        seed: Any number; the same one gives the same plan.
        ordinary_users: People who never do anything planted.
        incidents: One planted user for each.
        learning_hours: Event time of the first chapter.
        incident_hours: Event time of the second.
    """

    seed: int = 7
    ordinary_users: int = 80
    incidents: tuple[Incident, ...] = tuple(Incident)
    learning_hours: float = 2.5
    incident_hours: float = 1.5

    SHORTEST_INCIDENT_HOURS: ClassVar[float] = 0.6

    @property
    def planting_s(self) -> float:
        """Event time at which incidents may begin."""
        return START_S + self.learning_hours * HOUR

    @property
    def end_s(self) -> float:
        """Event time at which the plan ends."""
        return self.planting_s + self.incident_hours * HOUR


@dataclass(frozen=True, slots=True)
class Planted:
    """One incident that is to be found.

    Attributes:
        kind: What is done.
        user: Who does it.
        start_us, end_us: Event time, microseconds since the epoch.
        accepted: Kinds of alert that count as having found it.
    """

    kind: Incident
    user: str
    start_us: int
    end_us: int
    accepted: frozenset[str]

    def as_json(self) -> dict[str, Any]:
        """Its fields, as JSON has them."""
        return {**asdict(self), "accepted": sorted(self.accepted)}


@dataclass(frozen=True, slots=True)
class Chapter:
    """A stretch of traffic, in order of event time, and what is planted in it."""

    actions: Sequence[Action]
    planted: tuple[Planted, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """A scenario and everything that happens in it."""

    scenario: Scenario
    people: tuple[Persona, ...]
    learning: Chapter
    incidents: Chapter

    def as_json(self) -> dict[str, Any]:
        """The plan without its actions, which its scenario gives again."""
        return {
            "scenario": asdict(self.scenario),
            "planted": [planted.as_json() for planted in self.incidents.planted],
            "frames": {"learning": frames(self.learning.actions), "incidents": frames(self.incidents.actions)},
        }


def frames(actions: Sequence[Action]) -> int:
    """How many of the actions are frames."""
    return sum(action.is_frame for action in actions)


def make_plan(scenario: Scenario) -> Plan:
    """The plan of a scenario."""
    people = tuple(
        persona(scenario.seed, number) for number in range(scenario.ordinary_users + len(scenario.incidents))
    )
    usual = {p.user: _ordinary(scenario.seed, p, START_S, scenario.end_s, "a") for p in people}
    planting_us = round(scenario.planting_s * MICROSECONDS)
    paces = {user: _pace(split(actions, planting_us)[0]) for user, actions in usual.items()}
    chosen = _choose(scenario, people, paces)
    stages = _stages(scenario, chosen, paces)
    for kind, stage in stages.items():
        usual[stage.person.user] = _interrupted(scenario.seed, stage) + PLAY[kind](stage)
    learning, rest = split(merge(usual.values()), planting_us)
    planted = tuple(_planted(kind, stage) for kind, stage in stages.items())
    return Plan(scenario, people, Chapter(learning), Chapter(rest, planted))


def further(plan: Plan, number: int, hours: float = 0.5) -> Chapter:
    """The n-th chapter after the plan, from 1: ordinary traffic and one more incident."""
    seed, label = plan.scenario.seed, f"x{number}"
    start_s = plan.scenario.end_s + (number - 1) * hours * HOUR
    end_s = start_s + hours * HOUR
    chance = seeded(seed, "further", number)
    kind, person = chance.choice(list(Incident)), chance.choice(plan.people)
    begin_s = start_s + chance.uniform(2, 8) * MINUTE
    stage = Stage(person, chance, begin_s, begin_s + MINUTES[kind] * MINUTE, _usual_pace(plan, person), f"{label}i")
    usual = [_ordinary(seed, p, start_s, end_s, label) for p in plan.people if p is not person]
    return Chapter(merge([*usual, PLAY[kind](stage)]), (_planted(kind, stage),))


def _ordinary(seed: int, person: Persona, start_s: float, end_s: float, label: str) -> list[Action]:
    return ordinary(person, seeded(seed, "ordinary", person.user, label), start_s, end_s, label)


def _interrupted(seed: int, stage: Stage) -> list[Action]:
    """Ordinary life up to the incident; the same as it would have been, as far as it goes."""
    person, label = stage.person, "a"
    return _ordinary(seed, person, START_S, stage.start_s - QUIET_S, label)


def _usual_pace(plan: Plan, person: Persona) -> float:
    return _pace([action for action in plan.learning.actions if action.user == person.user])


def _pace(actions: Sequence[Action]) -> float:
    """Messages a minute while online; `UNSEEN_PACE` of somebody who never wrote."""
    opened: dict[str, int] = {}
    online_us = messages = 0
    for action in actions:
        messages += action.kind in (Kind.MESSAGE, Kind.PUBLISH)
        if action.kind is Kind.CONNECT:
            opened[action.connection] = action.time_us
        elif action.kind is Kind.DISCONNECT:
            online_us += action.time_us - opened.pop(action.connection)
    return messages / (online_us / MICROSECONDS / MINUTE) if messages and online_us else UNSEEN_PACE


def _choose(scenario: Scenario, people: Sequence[Persona], paces: dict[str, float]) -> list[Persona]:
    """Planted users: any of the livelier half, since a habit that was never seen cannot be broken."""
    lively = sorted(people, key=lambda p: paces[p.user], reverse=True)[: max(len(people) // 2, len(scenario.incidents))]
    return seeded(scenario.seed, "planted").sample(lively, len(scenario.incidents))


def _stages(scenario: Scenario, chosen: Sequence[Persona], paces: dict[str, float]) -> dict[Incident, Stage]:
    """Incidents in random order, their beginnings spread evenly over the chapter so that the last one ends in it."""
    chance = seeded(scenario.seed, "stages")
    order = chance.sample(scenario.incidents, len(scenario.incidents))
    first_s, last_s = scenario.planting_s + 5 * MINUTE, scenario.end_s - 25 * MINUTE
    step_s = (last_s - first_s) / max(1, len(order) - 1)
    return {
        kind: Stage(
            person, seeded(scenario.seed, "incident", kind.value), first_s + number * step_s,
            first_s + number * step_s + MINUTES[kind] * MINUTE, paces[person.user], "i",
        )
        for number, (kind, person) in enumerate(zip(order, chosen, strict=True))
    }  # fmt: skip


def _planted(kind: Incident, stage: Stage) -> Planted:
    return Planted(
        kind, stage.person.user, round(stage.start_s * MICROSECONDS), round(stage.end_s * MICROSECONDS), ACCEPTED[kind]
    )
