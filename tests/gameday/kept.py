"""What is kept of each course, so that the page can be made of courses that were played one at a time."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from tests.chaos.outcome import Outcome
from tests.gameday.seen import Saw

FOLDER: Final = Path(__file__).with_name("kept")


@dataclass(frozen=True, slots=True)
class Kept:
    """One course that was played.

    Attributes:
        course: Its name.
        when: The day, ISO 8601.
        machine: Where.
        facts: A name and a figure each.
        saws: What was seen of each fault.
        outcomes: What was checked.
    """

    course: str
    when: str
    machine: str
    facts: Sequence[tuple[str, str]]
    saws: Sequence[Saw]
    outcomes: Sequence[Outcome]

    @classmethod
    def now(
        cls, course: str, facts: Sequence[tuple[str, str]], saws: Sequence[Saw], outcomes: Sequence[Outcome]
    ) -> Kept:
        """A course that was played just now, here."""
        machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
        return cls(course, datetime.now(UTC).strftime("%Y-%m-%d"), machine, facts, saws, outcomes)

    @property
    def passed(self) -> bool:
        """Whether everything was as it must be."""
        return all(outcome.passed for outcome in self.outcomes)

    def write(self, folder: Path = FOLDER) -> None:
        """Keeps it, in place of what was kept of the course before."""
        folder.mkdir(exist_ok=True)
        text = json.dumps(asdict(self), indent=1, ensure_ascii=False)
        (folder / f"{self.course}.json").write_text(text + "\n", encoding="utf-8")

    @classmethod
    def read(cls, course: str, folder: Path = FOLDER) -> Kept | None:
        """What is kept of a course; None where it was not played."""
        file = folder / f"{course}.json"
        if not file.exists():
            return None
        said: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        saws = [
            Saw(**{**saw, "failed_of": tuple(saw["failed_of"]), "restarts": tuple(saw["restarts"])})
            for saw in said["saws"]
        ]
        outcomes = [Outcome(**outcome) for outcome in said["outcomes"]]
        facts = [(name, figure) for name, figure in said["facts"]]
        return cls(said["course"], said["when"], said["machine"], facts, saws, outcomes)
