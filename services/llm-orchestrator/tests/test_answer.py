"""An answer is believed only where it is what was asked for and holds nothing that was made up."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from resonance_llm_orchestrator.writing.answer import Unbelievable, answer_of, schema_of
from resonance_narration import Language

NUMBERS = [187.0, 100.0, 12.5, 14.96]
BOTH = (Language.ENGLISH, Language.RUSSIAN)

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
    schema = schema_of(BOTH)
    found = list(objects(schema))
    assert len(found) == 2
    for one in found:
        assert one["additionalProperties"] is False
        assert sorted(one["required"]) == sorted(one["properties"])
    limits = {"minLength", "maxLength", "minItems", "maxItems", "pattern"}
    assert not limits & set(json.dumps(schema).replace('"', " ").split())


def test_a_good_answer_is_believed(good_words: dict[str, Any]) -> None:
    answer = answer_of(json.dumps(good_words), BOTH, NUMBERS, [])
    assert answer[Language.ENGLISH].title == good_words["en"]["title"]
    assert answer[Language.RUSSIAN].recommendations == good_words["ru"]["recommendations"]


def test_only_the_languages_that_are_wanted_are_asked_for_and_taken(good_words: dict[str, Any]) -> None:
    russian = (Language.RUSSIAN,)
    assert list(schema_of(russian)["properties"]) == ["ru"]
    with pytest.raises(Unbelievable, match="extra_forbidden"):
        answer_of(json.dumps(good_words), russian, NUMBERS, [])
    del good_words["en"]
    assert list(answer_of(json.dumps(good_words), russian, NUMBERS, [])) == [Language.RUSSIAN]


def test_names_do_not_decide_which_language_it_is(good_words: dict[str, Any]) -> None:
    name = "u_" + "abcdefgh" * 20
    good_words["ru"]["summary"] = f"Пользователь {name} отправил 187 сообщений."
    assert answer_of(json.dumps(good_words), BOTH, NUMBERS, [name])


def test_control_characters_are_taken_out(good_words: dict[str, Any]) -> None:
    good_words["en"]["summary"] = "Two\nlines \x07rang\u202e."
    assert answer_of(json.dumps(good_words), BOTH, NUMBERS, [])[Language.ENGLISH].summary == "Two lines rang."


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
        pytest.param(lambda w: w["en"].update(summary="It was 188 a minute."), id="a number made up"),
        pytest.param(lambda w: w["ru"].update(recommendations=["Ограничьте до 90."]), id="a number made up in Russian"),
        pytest.param(lambda w: w.update(ru=w["en"]), id="English for Russian"),
        pytest.param(lambda w: w.update(en=w["ru"]), id="Russian for English"),
    ],
)
def test_anything_else_is_a_broken_answer(good_words: dict[str, Any], change: Change) -> None:
    change(good_words)
    with pytest.raises(Unbelievable):
        answer_of(json.dumps(good_words), BOTH, NUMBERS, [])


@pytest.mark.parametrize("text", ["", "Sure! Here it is.", "[]", "null", '{"en":', "```json\n{}\n```"])
def test_what_is_not_the_json_is_a_broken_answer(text: str) -> None:
    with pytest.raises(Unbelievable):
        answer_of(text, BOTH, NUMBERS, [])


def test_the_reason_says_where_and_repeats_nothing_of_the_answer(good_words: dict[str, Any]) -> None:
    good_words["en"]["planted words"] = "planted words"
    with pytest.raises(Unbelievable, match=r"en, extra_forbidden") as caught:
        answer_of(json.dumps(good_words), BOTH, NUMBERS, [])
    assert "planted" not in str(caught.value)
