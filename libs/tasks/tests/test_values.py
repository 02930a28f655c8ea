"""Bounds of what anybody may fill in, and pseudonyms for the people in it."""

from __future__ import annotations

from typing import Any

import pytest

from resonance_tasks.values import checked_fields, person_in, without_people


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({str(i): 1 for i in range(33)}, "33 fields were given; expected at most 32"),
        ({"": 1}, "a field's name has 0 characters; expected 1 to 64"),
        ({"a": "x" * 1_001}, "a text has 1001 characters; expected at most 1000"),
        ({"a": {"b": {"c": 1}}}, "an object lies in an object in an object"),
        ({"a": [[1]]}, "a list holds lists or objects"),
        ({"a": {"b": [1] * 33}}, "a list has 33 items; expected at most 32"),
        ({"a": float("inf")}, "a number is beyond 1e\\+15"),
        ({"a": 10**400}, "a number is beyond 1e\\+15"),
        ({"a": {"b": [2e15]}}, "a number is beyond 1e\\+15"),
    ],
)
def test_what_is_larger_or_deeper_than_we_read_is_refused_in_a_sentence(fields: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        checked_fields(fields)


def test_what_is_within_bounds_is_let_through() -> None:
    checked_fields({str(i): {"a": [None, True, 1.5, "x" * 1_000]} for i in range(32)})


def test_whoever_is_named_gets_a_pseudonym_wherever_they_are_named() -> None:
    fields = {"user_id": "alice", "more": {"Username": "bob", "size": 3}, "login": ["carol", 7], "note": "alice"}
    assert without_people(fields, str.upper) == {
        "user_id": "ALICE",
        "more": {"Username": "BOB", "size": 3},
        "login": ["CAROL", "7"],
        "note": "alice",
    }
    assert without_people({"user_id": "", "user": None, "account": True}, str.upper) == {
        "user_id": "",
        "user": None,
        "account": True,
    }
    assert (person_in(fields), person_in({"size": 3}), person_in({"user_id": 3})) == ("alice", "", "")
