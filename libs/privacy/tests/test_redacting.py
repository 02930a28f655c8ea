"""What stands in the place of what was found."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from resonance_privacy import Kind, Pseudonyms, find, redacted
from resonance_privacy.checksums import inn, luhn, snils
from resonance_privacy.redacting import replaced


def test_kinds_stand_in_the_place_of_data() -> None:
    assert redacted("ivan@mail.ru wrote from 203.0.113.7") == "[email] wrote from [address]"


def test_only_what_is_asked_for() -> None:
    assert redacted("ivan@mail.ru wrote from 203.0.113.7", {Kind.EMAIL}) == "[email] wrote from 203.0.113.7"


def test_characters_that_cannot_be_seen_hide_nothing() -> None:
    assert redacted("iv\u200ban@ma\u2060il.ru") == "[email]"
    assert redacted("8 916\u202e 123-45-67") == "[phone]"


def test_placeholders_are_stable_and_differ_by_value_kind_and_key() -> None:
    one, other = Pseudonyms(b"one"), Pseudonyms(b"other")
    assert one.of("ivan@mail.ru", "email") == one.of("ivan@mail.ru", "email")
    assert one.of("ivan@mail.ru", "email") != one.of("oleg@mail.ru", "email")
    assert one.of("ivan@mail.ru", "email") != one.of("ivan@mail.ru", "user")
    assert one.of("ivan@mail.ru", "email") != other.of("ivan@mail.ru", "email")


def test_placeholders_can_be_undone() -> None:
    pseudonyms, known = Pseudonyms(b"key"), {}

    def instead(value: str, kind: Kind) -> str:
        placeholder = pseudonyms.of(value, kind)
        known[placeholder] = value
        return placeholder

    text = "ivan@mail.ru and 8 916 123-45-67"
    hidden = replaced(text, instead)
    assert "ivan" not in hidden and "916" not in hidden
    for placeholder, value in known.items():
        hidden = hidden.replace(placeholder, value)
    assert hidden == text


@given(st.text())
def test_nothing_is_found_in_what_was_redacted(text: str) -> None:
    assert find(redacted(text)) == []


@given(st.integers(0, 10**15 - 1))
def test_one_wrong_digit_makes_a_card_wrong(number: int) -> None:
    body = f"{number:015d}"
    right = [check for check in "0123456789" if luhn(body + check)]
    assert len(right) == 1


@given(st.integers(0, 10**9 - 1))
def test_check_digits_of_inn_and_snils(number: int) -> None:
    body = f"{number:09d}"
    assert sum(inn(body + check) for check in "0123456789") == 1
    assert sum(snils(f"{body}{check:02d}") for check in range(100)) == 1
