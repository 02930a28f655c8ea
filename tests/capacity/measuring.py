"""Runs of the whole system at a pace: what each process used meanwhile."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from resonance_auto_retrainer.gathering import vectors_of
from resonance_auto_retrainer.training import train
from resonance_auto_retrainer.window import VectorWindow
from resonance_contracts.features import WIDTH
from resonance_contracts.topics import FEATURES_COMPUTED, Service
from tests.capacity.course import Course, Ran
from tests.capacity.pace import paced
from tests.capacity.standing import Standing, standing
from tests.capacity.topics import Reader, between
from tests.support.promoting import promote
from tests.support.topic_scan import Seen

LEARNED: Final = Course("learned from", 600, 600.0)
LEARN_S: Final = 12.0
CAPACITY: Final = 20_000
# What happens when many connect is over after this; incidents of the run before are, too.
WARM_S: Final = 3.0
CALM_S: Final = 1.0
WINDOW_S: Final = 25.0

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class _Look:
    """What was used until a moment, seconds since the epoch."""

    time_s: float
    cpu_s: dict[str, float]


def run(programs: Path, courses: Sequence[Course], tell: Tell) -> Iterator[Ran]:
    """Runs all courses one after the other, in one system with a model in force.

    Args:
        programs: Folder with the programs kafka and minio.
        courses: Which.
        tell: Takes a sentence for people at each step.
    """
    with standing(programs, tuple(Service)) as system:
        tell("A model is learned from the first vectors, and promoted.")
        reader = Reader(system.kafka)
        with _sending(system, LEARNED):
            time.sleep(WARM_S + LEARN_S)
        _learn(system, asyncio.run(reader.news()))
        for course in courses:
            tell(f"{course.name}: {course.users:,} users, {course.rate:g} messages a second.")
            with _sending(system, course):
                time.sleep(WARM_S)
                with paced() as pace:
                    first = _Look(time.time(), system.cpu())
                    time.sleep(WINDOW_S)
                    last = _Look(time.time(), system.cpu())
                resident = system.resident()
            time.sleep(CALM_S)
            yield _ran(course, (first, last), resident, pace.seconds, asyncio.run(reader.news()))


def _ran(
    course: Course, looks: tuple[_Look, _Look], resident: dict[str, float], pace_s: float, records: Sequence[Seen]
) -> Ran:
    first, last = looks
    came = between(records, first.time_s, last.time_s)
    return Ran(
        name=course.name,
        fitted=course.fitted,
        seconds=last.time_s - first.time_s,
        drivers={**came.drivers, "connections": float(course.users)},
        cpu_s={name: last.cpu_s[name] - used for name, used in first.cpu_s.items()},
        resident=resident,
        topic_bytes=dict(came.stored),
        packed_bytes=dict(came.packed),
        pace_s=pace_s,
    )


def _learn(system: Standing, records: Sequence[Seen]) -> None:
    window = VectorWindow(CAPACITY, WIDTH)
    for one in records:
        if one.topic is FEATURES_COMPUTED and one.message.vector_id:
            window.add(vectors_of(one.message))
    environment = {**system.stack.environment, **system.stack.signing}
    asyncio.run(promote(train(window.training_set(), {}), environment))


@contextmanager
def _sending(system: Standing, course: Course) -> Iterator[None]:
    port = str(system.stack.ports[Service.GATEWAY])
    arguments = {
        "port": port, "name": course.name.replace(" ", "-").replace(",", ""), "users": course.users,
        "rate": course.rate, "burst": course.burst, "culprits": course.culprits, "times": course.times,
    }  # fmt: skip
    command = [sys.executable, "-m", "tests.capacity.sending"]
    child = subprocess.Popen(
        [*command, *(f"--{name}={value}" for name, value in arguments.items())],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdin is not None and child.stdout is not None, "they are pipes"
    try:
        if child.stdout.readline().strip() != "open":
            raise RuntimeError(f"The users of {course.name!r} could not connect.")
        yield
        if child.poll() is not None:
            raise RuntimeError(f"The users of {course.name!r} were gone before the end.")
    finally:
        child.stdin.close()
        try:
            child.wait(30)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
