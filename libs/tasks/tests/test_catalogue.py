"""The catalogue of tasks."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import ValidationError
from pytest import raises

from resonance_narration import Language
from resonance_tasks.catalogue import BY_NAME, LOOKUPS, OF_ACTIONS, TASKS
from resonance_tasks.task import Question, Task


def test_names_are_unique() -> None:
    assert len(BY_NAME) == len(TASKS) + len(OF_ACTIONS) + len(LOOKUPS)


def test_a_question_is_asked_in_english_unless_it_says_otherwise() -> None:
    assert Question().language is Language.ENGLISH
    assert Question(language=Language.RUSSIAN).language is Language.RUSSIAN


def test_what_no_question_has_is_refused() -> None:
    with raises(ValidationError, match="colour"):
        Question.model_validate({"colour": "red"})


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_every_task_has_an_address_of_its_own_an_example_and_a_question_that_fits_into_a_record(
    task: Task[Any, Any],
) -> None:
    (example,) = task.question.model_json_schema()["examples"]
    question = task.question.model_validate_json(json.dumps(example), strict=True)
    assert task.question.model_validate_json(question.model_dump_json(exclude_unset=True), strict=True) == question
    assert [one.path for one in TASKS].count(task.path) == 1
    assert task.path is None or task.path.startswith("/ml/")
    assert task.max_body_bytes <= 900_000
    assert task.summary.endswith(".")
