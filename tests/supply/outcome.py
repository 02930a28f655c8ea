"""What a check of the supply chain found."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
SERVICES: Final = ("auto-retrainer", "feature-extractor", "gateway", "llm-orchestrator", "predictor", "xai")
IMAGES: Final = (*SERVICES, "simulator", "notebooks")
"""Names of the images that are built here, and of their locks."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The answer to one question.

    Attributes:
        question: What was asked.
        answer: What is so, with figures.
        faults: What is wrong, a sentence each; none when all is well.
        notice: Why it could not be asked in full, a sentence; empty where it could.
    """

    question: str
    answer: str
    faults: Sequence[str] = ()
    notice: str = ""

    @property
    def verdict(self) -> str:
        """One word for a table."""
        return "wrong" if self.faults else "in part" if self.notice else "well"


def output(*words: str) -> bytes:
    """What a program writes, run to its end in the repository.

    Raises:
        subprocess.CalledProcessError: It ended with another status than 0.
    """
    command = list(words)
    return subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout
