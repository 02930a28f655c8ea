"""What every task of the orchestrator has: a name, a question, an answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from resonance_narration import Language
from resonance_tasks.judgement import Judgement
from resonance_tasks.values import Whole

KeyOf = Callable[[str], str]
"""The pseudonym of a user id."""


class Grade(StrEnum):
    """How grave something is. It comes from code, never from a text."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class Question(BaseModel):
    """What every question may say.

    Attributes:
        language: Of the answer's words; over HTTP `Accept-Language` decides where it is not given.
        deadline_ms: How long the caller waits, milliseconds; providers that would take longer are not waited for.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=())

    language: Language = Language.ENGLISH
    deadline_ms: Whole = Field(5_000, ge=100, le=60_000)

    def with_pseudonyms(self, key_of: KeyOf) -> Self:
        """The question with a pseudonym for every user id in it: ids do not leave the gateway.

        A question that can name people has its own.
        """
        return self


class Written(BaseModel):
    """Where an answer's words came from, and whether they were let through.

    Attributes:
        provider: "openai", "anthropic", or "offline" for our own writer.
        model: Model that wrote them.
        degraded: Why providers that come before the author did not write them, asked or left alone; empty for none.
        vetoed: Principles that words of a provider broke, so that our own writer wrote instead.
        judgements: What was said of words on the way to these, in that order.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    provider: str
    model: str
    degraded: list[str] = []
    vetoed: list[str] = []
    judgements: list[Judgement] = []


class Answer(BaseModel):
    """What every answer says.

    Attributes:
        language: Of its words.
        summary: A few sentences.
        recommendations: Steps, the most urgent first.
        written: Where the words came from.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    language: Language
    summary: str
    recommendations: list[str]
    written: Written


class Analysis(Answer):
    """What is said of something that happened.

    Attributes:
        title: One line.
        severity: How grave it is, by rules of code.
        root_causes: What it most likely comes from, a sentence each, the likeliest first; empty where nothing points
            anywhere. They are computed, whoever wrote the rest.
    """

    title: str
    severity: Grade
    root_causes: list[str]


QuestionType = TypeVar("QuestionType", bound=Question, covariant=True)
AnswerType = TypeVar("AnswerType", bound=Answer, covariant=True)


@dataclass(frozen=True, slots=True)
class Task(Generic[QuestionType, AnswerType]):
    """One task.

    Attributes:
        name: As it is asked for, `snake_case`.
        question: Form of its question.
        answer: Form of its answer.
        summary: What it does, in a sentence.
        path: Address of `POST` at the gateway; None where it is not asked over HTTP.
        role: Who may ask, a role of the gateway.
        max_body_bytes: Largest question over HTTP; at most 900,000, so that it fits into a record.
    """

    name: str
    question: type[QuestionType]
    answer: type[AnswerType]
    summary: str
    path: str | None = None
    role: str = "operator"
    max_body_bytes: int = 65_536
