"""Instructions to providers: a file of this package for each task and version, and nothing else in them.

`prompts/<task>.v<number>.txt`; the highest number is in force, the others are history. A task without a file of its own
has those of `any`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final

ANY: Final = "any"
_NAME: Final = re.compile(r"(?P<task>[a-z_]+)\.v(?P<number>\d+)\.txt")


@dataclass(frozen=True, slots=True)
class Instructions:
    """Instructions.

    Attributes:
        version: Name of the file without its suffix.
        text: What it says.
    """

    version: str
    text: str


@cache
def instructions(task: str) -> Instructions:
    """Those in force for a task."""
    numbers = versions().get(task)
    if numbers is None:
        return instructions(ANY)
    version = f"{task}.v{numbers[-1]}"
    return Instructions(version, _folder().joinpath(f"{version}.txt").read_text(encoding="utf-8"))


@cache
def versions() -> dict[str, list[int]]:
    """Numbers of the versions that there are, ascending, by task."""
    found: dict[str, list[int]] = {}
    for entry in _folder().iterdir():
        if match := _NAME.fullmatch(entry.name):
            found.setdefault(match["task"], []).append(int(match["number"]))
    return {task: sorted(numbers) for task, numbers in found.items()}


def _folder() -> Traversable:
    return files("resonance_llm_orchestrator").joinpath("prompts")
