"""What goes wrong on a game day, in courses that each fit into the nine minutes which the ledger can follow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import partial
from typing import Final

from resonance_contracts.topics import Service
from tests.gameday import advice, clocks, connections, disks
from tests.gameday.fault import Fault, Hands

# Longer than a session in a consumer group, which is 6 s.
HELD_S: Final = 8.0
BEFORE_S: Final = 180.0
"""In which a first model comes into force; a quick machine needs a third of it."""
EACH_S: Final = 24.0
"""Until all is well again after a fault is over, in the mean; a quick machine needs a third of it."""
AFTER_S: Final = 10.0
SLACK_S: Final = 10.0
PARTS: Final = ("redis", "minio", "kafka")


@dataclass(frozen=True, slots=True)
class Course:
    """Faults that are played one after the other on one stage.

    Attributes:
        name: By which it is chosen.
        overlays: Files that are laid over the project, beside the one of every game day.
        faults: In order.
    """

    name: str
    overlays: Sequence[str]
    faults: Sequence[Fault]

    @property
    def seconds(self) -> float:
        """How long traffic flows."""
        return BEFORE_S + AFTER_S + sum(fault.lasts_s + EACH_S for fault in self.faults)


FRONT: Final = (Service.GATEWAY, Service.FEATURE_EXTRACTOR, Service.PREDICTOR)
BACK: Final = (Service.XAI, Service.LLM_ORCHESTRATOR, Service.AUTO_RETRAINER)


def _containers(names: Sequence[str]) -> list[Fault]:
    return [fault for name in names for fault in (_kill(name), _pause(name), _disconnect(name))]


def _kill(name: str) -> Fault:
    def strike(hands: Hands) -> None:
        hands.containers.kill(name)
        hands.containers.wait_running(name)

    return Fault(f"kill-{name}", f"SIGKILL of {name}", strike, advice=advice.killed(name), ends=(name,))


def _pause(name: str) -> Fault:
    return Fault(
        f"pause-{name}",
        f"{name} stands still",
        lambda hands: hands.containers.pause(name),
        lambda hands: hands.containers.unpause(name),
        HELD_S,
        advice.paused(name),
    )


def _disconnect(name: str) -> Fault:
    return Fault(
        f"disconnect-{name}",
        f"{name} is off the network",
        lambda hands: hands.containers.disconnect(name),
        lambda hands: hands.containers.connect(name),
        HELD_S,
        advice.disconnected(name),
    )


def _replace(name: str) -> Fault:
    return Fault(
        f"replace-{name}",
        f"{name}'s container is replaced",
        lambda hands: hands.containers.replace(name),
        advice=advice.replaced(name),
    )


def _out_of_memory(name: str) -> Fault:
    return Fault(
        f"memory-{name}",
        f"{name} runs out of memory",
        partial(disks.exhaust_memory, name=name),
        advice=advice.out_of_memory(name),
        ends=(name,),
    )


COURSES: Final[Mapping[str, Course]] = {
    course.name: course
    for course in (
        Course("containers-front", (), _containers(FRONT)),
        Course("containers-back", (), _containers(BACK)),
        Course("containers-stores", (), _containers(PARTS)),
        Course("connections-stores", ("proxied",), connections.faults("kafka", "minio")),
        Course("connections-clients", ("proxied",), connections.faults("redis", "clients")),
        Course("machines", ("strained",), [*map(_replace, Service), _out_of_memory(Service.PREDICTOR)]),
        Course("disks-and-clocks", ("strained",), [*disks.faults(), *clocks.faults()]),
    )
}


def chosen(words: Sequence[str]) -> list[Course]:
    """The courses with the faults that are named: by names of courses or of their own, or by patterns as `kill-*`.

    Raises:
        ValueError: A word names nothing.
    """
    found: dict[str, list[Fault]] = {}
    for word in words:
        named = [
            (course, fault)
            for course in COURSES.values()
            for fault in course.faults
            if fnmatch(course.name, word) or fnmatch(fault.name, word)
        ]
        if not named:
            names = ", ".join([*COURSES, *(f.name for course in COURSES.values() for f in course.faults)])
            raise ValueError(f"FAULTS names {word}, which is neither a course nor a fault. There are: {names}.")
        for course, fault in named:
            faults = found.setdefault(course.name, [])
            if fault not in faults:
                faults.append(fault)
    return [
        Course(name, COURSES[name].overlays, [f for f in COURSES[name].faults if f in faults])
        for name, faults in found.items()
    ]
