"""What was measured last, kept beside this file, and what follows from it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.capacity.course import Known, Ran
from tests.capacity.model import Model, Tried, learn, paced, tried
from tests.capacity.resources import OVERLAYS
from tests.capacity.sizing import Behaviour, Sized, sized

FILE: Final = Path(__file__).resolve().parent / "measured.json"
# What a prediction may be off, and how many cores a process uses before that is asked of it.
BOUND: Final = 0.15
LEAST_CORES: Final = 0.05


@dataclass(frozen=True, slots=True)
class Figures:
    """All of it.

    Attributes:
        machine: Where it was measured.
        courses: Runs at a pace, with processor time at the usual speed of the machine.
        crowds: Runs of many users.
    """

    machine: dict[str, Any]
    courses: list[Ran]
    crowds: list[Known]

    @classmethod
    def kept(cls, file: Path = FILE) -> Figures:
        """Those that were measured last."""
        fields = json.loads(file.read_text(encoding="utf-8"))
        courses = [Ran.of(one) for one in fields["courses"]]
        return cls(fields["machine"], paced(courses), [Known.of(one) for one in fields["crowds"]])

    def model(self) -> Model:
        """The coefficients."""
        return learn(self.courses, self.crowds)

    def tried(self) -> list[Tried]:
        """Predictions on the runs that they were not learned from."""
        return tried(self.model(), self.courses, self.crowds)

    def judged(self) -> list[Tried]:
        """Those that are to be within the bound: all but of processes that use next to nothing."""
        return [one for one in self.tried() if not one.what.startswith("cores") or one.measured >= LEAST_CORES]

    def resident(self) -> dict[str, float]:
        """Most memory of each process in any run, bytes."""
        return {name: max(one.resident[name] for one in self.courses) for name in self.courses[0].resident}

    def sized(self, behaviour: Behaviour) -> Sized:
        """What such users need."""
        return sized(self.model(), behaviour, self.resident())

    def overlays(self) -> dict[str, Sized]:
        """What the users of each overlay need."""
        return {name: self.sized(behaviour) for name, behaviour in OVERLAYS.items()}
