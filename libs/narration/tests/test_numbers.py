"""Numbers as people write them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resonance_narration.en import grammar as en
from resonance_narration.numbers import MINUS, adding_up, signed
from resonance_narration.ru import grammar as ru

GAP = "\u00a0"


@pytest.mark.parametrize(
    ("value", "english", "russian"),
    [
        (0, "0", "0"),
        (-0.0, "0", "0"),
        (12, "12", "12"),
        (12.4, "12", "12"),
        (9.96, "10", "10"),
        (1.25, "1.2", "1,2"),
        (0.031, "0.031", "0,031"),
        (0.00052, "0.00052", "0,00052"),
        (-0.95, f"{MINUS}0.95", f"{MINUS}0,95"),
        (1234, "1,234", "1234"),
        (12345, "12,345", f"12{GAP}345"),
        (1234567, "1,234,567", f"1{GAP}234{GAP}567"),
        (1e300, "1.0e+300", "1,0e+300"),
    ],
)
def test_a_number_is_written_as_the_language_does(value: float, english: str, russian: str) -> None:
    assert en.number(value) == english
    assert ru.number(value) == russian


def test_more_places_show_what_rounding_hid() -> None:
    assert en.number(12.4, 1) == "12.4"
    assert ru.number(12.44, 2) == "12,44"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0, "0 сообщений"), (1, "1 сообщение"), (2, "2 сообщения"), (4, "4 сообщения"), (5, "5 сообщений"),
        (11, "11 сообщений"), (12, "12 сообщений"), (14, "14 сообщений"), (21, "21 сообщение"), (22, "22 сообщения"),
        (111, "111 сообщений"), (121, "121 сообщение"), (1001, "1001 сообщение"), (1.5, "1,5 сообщения"),
        (11_011, f"11{GAP}011 сообщений"), (20_002, f"20{GAP}002 сообщения"), (0.5, "0,5 сообщения"),
    ],
)  # fmt: skip
def test_russian_nouns_follow_their_number(value: float, expected: str) -> None:
    assert ru.count(value, ru.noun("сообщение", "сообщения", "сообщений")) == expected


@pytest.mark.parametrize(
    ("value", "expected"), [(0, "0 messages"), (1, "1 message"), (1.5, "1.5 messages"), (21, "21 messages")]
)
def test_english_nouns_follow_their_number(value: float, expected: str) -> None:
    assert en.count(value, "message", "messages") == expected


@pytest.mark.parametrize(
    ("seconds", "english", "russian"),
    [
        (1, "1 second", "1 секунда"),
        (45, "45 seconds", "45 секунд"),
        (240, "4 minutes", "4 минуты"),
        (7_200, "2 hours", "2 часа"),
        (9_000, "2.5 hours", "2,5 часа"),
        (432_000, "5 days", "5 дней"),
    ],
)
def test_stretches_of_time(seconds: float, english: str, russian: str) -> None:
    assert en.duration(seconds) == english
    assert ru.duration(seconds) == russian


def test_percent() -> None:
    assert en.percent(0.5) == "50%"
    assert ru.percent(0.005) == f"0,5{GAP}%"


def test_what_a_normal_was_learned_from_stands_in_the_dative() -> None:
    grammar = ru.RussianGrammar()
    assert grammar.learned_from(1) == " (по 1 наблюдению)"
    assert grammar.learned_from(21) == " (по 21 наблюдению)"
    assert grammar.learned_from(240) == " (по 240 наблюдениям)"


def test_a_sign_is_always_written() -> None:
    assert signed("0.2") == "+0.2"
    assert signed(f"{MINUS}0.2") == f"{MINUS}0.2"


@given(st.lists(st.floats(-2, 2), min_size=1, max_size=14), st.integers(1, 4))
def test_written_terms_add_up_to_the_written_total(terms: list[float], places: int) -> None:
    written, total = adding_up(terms, sum(terms), places)
    scale = 10**places
    assert sum(round(float(w) * scale) for w in written) == round(float(total) * scale)
    assert all(abs(float(w) - t) <= 1.000001 / scale for w, t in zip(written, terms, strict=True))
