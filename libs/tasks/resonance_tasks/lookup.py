"""Answers that are looked up, not written: they have no words of their own."""

from __future__ import annotations

from typing import Final

from pydantic import Field

from resonance_narration import Language
from resonance_tasks.task import Answer, Written

NOBODY: Final = Written(provider="none", model="")


class Lookup(Answer):
    """What was found."""

    language: Language = Language.ENGLISH
    summary: str = ""
    recommendations: list[str] = Field(default_factory=list)
    written: Written = NOBODY
