"""An answer is believed only where it is what was asked for and holds nothing that was made up."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from resonance_llm_orchestrator.answer import SCHEMA, answer_of
from resonance_llm_orchestrator.failures import FailureKind, ProviderFailure

NUMBERS = [187.0, 100.0, 12.5, 14.96]

Change = Callable[[dict[str, Any]], None]


def objects(schema: Any) -> Iterator[dict[str, Any]]:
    """Every object schema inside."""
    if isinstance(schema, dict):
        if schema.get("type") == "object":
            yield schema
        schema = list(schema.values())
    if isinstance(schema, list):
        for part in schema:
            yield from objects(part)


def test_the_schema_is_one_that_strict_servers_take() -> None:
    found = list(objects(SCHEMA))
    assert len(found) == 2
    for schema in found:
        assert schema["additionalProperties"] is False
        assert sorted(schema["required"]) == sorted(schema["properties"])
    limits = {"minLength", "maxLength", "minItems", "maxItems", "pattern"}
    assert not limits & set(json.dumps(SCHEMA).replace('"', " ").split())


def test_a_good_answer_is_believed(good_words: dict[str, Any]) -> None:
    answer = answer_of(json.dumps(good_words), NUMBERS, [])
    assert answer.en.title == good_words["en"]["title"]
    assert answer.ru.recommendations == good_words["ru"]["recommendations"]


def test_control_characters_are_taken_out(good_words: dict[str, Any]) -> None:
    good_words["en"]["summary"] = "Two\nlines \x07rang\u202e."
    assert answer_of(json.dumps(good_words), NUMBERS, []).en.summary == "Two lines rang."


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda w: w.pop("ru"), id="a language is missing"),
        pytest.param(lambda w: w["en"].pop("title"), id="a field is missing"),
        pytest.param(lambda w: w["en"].update(severity="low"), id="a field too many"),
        pytest.param(lambda w: w["en"].update(title=5), id="not a string"),
        pytest.param(lambda w: w["en"].update(title=" \u200b "), id="an empty title"),
        pytest.param(lambda w: w["en"].update(title="t" * 161), id="too long a title"),
        pytest.param(lambda w: w["en"].update(recommendations=[]), id="no advice"),
        pytest.param(lambda w: w["en"].update(recommendations=["Do."] * 7), id="too much advice"),
        pytest.param(lambda w: w["en"].update(summary="See https://evil.example."), id="a link"),
        pytest.param(lambda w: w["en"].update(recommendations=["Open www.evil.example."]), id="a link in advice"),
        pytest.param(lambda w: w["en"].update(summary="It was 188 a minute."), id="a number made up"),
        pytest.param(lambda w: w["ru"].update(recommendations=["Ограничьте до 90."]), id="a number made up in Russian"),
        pytest.param(lambda w: w.update(ru=w["en"]), id="English for Russian"),
        pytest.param(lambda w: w.update(en=w["ru"]), id="Russian for English"),
    ],
)
def test_anything_else_is_a_broken_answer(good_words: dict[str, Any], change: Change) -> None:
    change(good_words)
    with pytest.raises(ProviderFailure) as caught:
        answer_of(json.dumps(good_words), NUMBERS, [])
    assert caught.value.kind is FailureKind.BROKEN_ANSWER


@pytest.mark.parametrize("text", ["", "Sure! Here it is.", "[]", "null", '{"en":', "```json\n{}\n```"])
def test_what_is_not_the_json_is_a_broken_answer(text: str) -> None:
    with pytest.raises(ProviderFailure) as caught:
        answer_of(text, NUMBERS, [])
    assert caught.value.kind is FailureKind.BROKEN_ANSWER


def test_the_reason_says_where_and_repeats_nothing_of_the_answer(good_words: dict[str, Any]) -> None:
    good_words["en"]["planted words"] = "planted words"
    with pytest.raises(ProviderFailure, match=r"en, extra_forbidden") as caught:
        answer_of(json.dumps(good_words), NUMBERS, [])
    assert "planted" not in str(caught.value)
