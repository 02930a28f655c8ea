"""The catalogue of tasks."""

from __future__ import annotations

from pydantic import ValidationError
from pytest import raises

from resonance_narration import Language
from resonance_tasks.catalogue import BY_NAME, TASKS
from resonance_tasks.task import Question


def test_names_are_unique() -> None:
    assert len(BY_NAME) == len(TASKS)


def test_a_question_is_asked_in_english_unless_it_says_otherwise() -> None:
    assert Question().language is Language.ENGLISH
    assert Question(language=Language.RUSSIAN).language is Language.RUSSIAN


def test_what_no_question_has_is_refused() -> None:
    with raises(ValidationError, match="colour"):
        Question.model_validate({"colour": "red"})
