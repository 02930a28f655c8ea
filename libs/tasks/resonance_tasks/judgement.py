"""What was said of words before they were shown: who judged them, by which principles, and what came of it."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict


class JudgementOutcome(StrEnum):
    """What came of words when they were judged."""

    OWN = "own"
    HELD = "held"
    VETOED = "vetoed"
    REVISED = "revised"
    CONTESTED = "contested"


class Finding(BaseModel):
    """One thing that words were judged by.

    Attributes:
        principle: Name of a principle; "facts" for whether they say what the facts say; "answer" for form, languages
            and numbers.
        reason: Why it does not hold, one sentence in English; empty where it holds.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    principle: str
    held: bool
    reason: str = ""


class Judgement(BaseModel):
    """What one judge said of one author's words.

    Attributes:
        outcome: "own": our own writer's, which nobody judges again; "held": nothing speaks against them; "vetoed": they
            were not taken; "revised": the judge's own stand in their place; "contested": something speaks against
            them, and there were no better ones.
        author: Provider that wrote the words.
        judge: "guard" for the checks of the product, else the provider that was asked.
        model: Of the judge; empty for "guard".
        principles_version: Version of the principles.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=())

    outcome: JudgementOutcome
    author: str
    judge: str
    model: str = ""
    principles_version: str
    findings: list[Finding] = []
