"""Sentences of an answer come out as they end, each once, whatever the pieces are that it comes in."""

from __future__ import annotations

import json

import pytest

from resonance_llm_orchestrator.writing.unfolding import Sentence, Unfolding

ANSWER = {
    "ru": {"title": "Поток", "summary": "Другой язык.", "recommendations": ["Нет."]},
    "en": {
        "title": 'A "flood" of messages',
        "summary": "The user sent 12.5 a minute.  It may be \u00e9 a loop\tof a client! Look",
        "recommendations": ["Limit the user.", "Ask. Then wait"],
    },
}
OUT = [
    ("title", 0, 'A "flood" of messages'),
    ("summary", 0, "The user sent 12.5 a minute."),
    ("summary", 0, "It may be é a loop of a client!"),
    ("summary", 0, "Look"),
    ("recommendations", 0, "Limit the user."),
    ("recommendations", 1, "Ask."),
    ("recommendations", 1, "Then wait"),
]


def told(text: str, size: int) -> list[tuple[str, int, str]]:
    unfolding, found = Unfolding("en"), list[Sentence]()
    for end in range(size, len(text) + size, size):
        for sentence in unfolding.next(text[:end], ended=end >= len(text)):
            unfolding.let_out(sentence)
            found.append(sentence)
    return [(one.place, one.number, one.text) for one in found]


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
@pytest.mark.parametrize("escaped", [True, False])
def test_every_sentence_comes_out_once_and_in_order(size: int, escaped: bool) -> None:
    assert told(json.dumps(ANSWER, ensure_ascii=escaped), size) == OUT


def test_a_sentence_that_has_not_ended_does_not_come_out() -> None:
    text = json.dumps(ANSWER)
    cut = text[: text.index("Look")]
    assert [one.text for one in Unfolding("en").next(cut)][-1] == "It may be é a loop of a client!"
    assert [one.text for one in Unfolding("en").next(text[: text.index(" of messages") + 3])] == []


@pytest.mark.parametrize(
    "text", ["", " ", "Sure! Here.", "[1, 2]", '{"en": 5}', '{"en": {"title": 7, "summary": [1]}}']
)
def test_what_is_no_answer_has_no_sentences(text: str) -> None:
    assert list(Unfolding("en").next(text, ended=True)) == []


def test_what_was_let_out_and_the_next_sentence_make_words() -> None:
    text, unfolding = json.dumps(ANSWER), Unfolding("en")
    sentences = list(unfolding.next(text, ended=True))
    for sentence in sentences[:-1]:
        unfolding.let_out(sentence)
    words = unfolding.with_next(sentences[-1])
    assert words.title == 'A "flood" of messages'
    assert words.summary.endswith("client! Look") and list(words.recommendations) == [
        "Limit the user.",
        "Ask. Then wait",
    ]
