"""Numbers that are no facts are found; facts and their roundings pass, however they are written."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from resonance_llm_orchestrator.number_guard import made_up, numbers_of
from resonance_narration.en.grammar import percent

FACTS = [1187.0, 0.9731, 3.25, 0.0000012, 2026.0, 11.0, 21.0, 14.0, 5.0, 0.5, -4.1, 60.0]


@pytest.mark.parametrize(
    "text",
    [
        "1187 messages",
        "1,187 messages",
        "1 187 сообщений",
        "1\u00a0187,0 сообщений",
        "about 1,190 messages",
        "about 1200 messages",
        "97 % of them",
        "97,3% из них",
        "50 percent",
        "3.2 or 3.3 times",
        "в 3,3 раза",
        "1.2e-6",
        "0,0000012",
        "4 below the usual",
        "21.11.2026, 14:05",
        "60s",
        "in 60 1187 things",
        "no number at all",
    ],
)
def test_facts_and_their_roundings_pass(text: str) -> None:
    assert made_up(text, FACTS) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("1000 messages", "1000"),
        ("12,345 messages", "12,345"),
        ("98 % of them", "98 %"),
        ("3.4 times", "3.4"),
        ("0 errors", "0"),
        ("13 users", "13"),
        ("12.11.2026", "12.11.2026"),
        ("5e999", "5e999"),
        ("9" * 400, "9" * 400),
        ("1" + "0" * 400, "1" + "0" * 400),
        ("42x more", "42"),
        ("у 42 пользователей", "42"),
    ],
)
def test_anything_else_is_found_as_it_was_written(text: str, found: str) -> None:
    assert made_up(text, FACTS) == [found]


def test_a_small_fact_does_not_round_to_nothing() -> None:
    assert made_up("0 %", [0.004]) == ["0 %"]
    assert made_up("0", [0.0]) == []


def test_a_fact_that_no_text_of_ours_can_write_is_nothing() -> None:
    for fact in (4e-15, 1e-300, 5e-324):
        assert made_up(percent(fact), [fact]) == []


def test_digits_of_names_are_no_numbers_but_those_beside_them_are() -> None:
    assert made_up("rule limit-5000 and 5000", [], ["limit-5000"]) == ["5000"]


def test_facts_that_are_not_finite_allow_nothing() -> None:
    assert made_up("7", [float("nan"), float("inf")]) == ["7"]


@given(st.floats(-1e9, 1e9).filter(lambda x: abs(x) > 0.5), st.integers(0, 6))
@example(67108864.765625, 5)  # half of the last place, which what is written cannot hold to the last bit
def test_a_fact_passes_with_any_number_of_places(fact: float, places: int) -> None:
    assert made_up(f"{abs(fact):.{places}f}", [fact]) == []
    assert made_up(f"{abs(fact):,.{places}f}", [fact]) == []
    assert made_up(f"{abs(fact):.{places}f}".replace(".", ","), [fact]) == []


@given(st.integers(1, 10**6), st.integers(1, 10**6))
def test_another_integer_is_found_unless_it_is_a_rounding(fact: int, written: int) -> None:
    unit = 10 ** max(0, min(len(str(written)) - len(str(written).rstrip("0")), len(str(written)) - 2))
    assert (made_up(str(written), [float(fact)]) == []) == (abs(fact - written) <= unit / 2)


@example("0.0,0")
@given(st.text(alphabet="0123456789.,eE+-% \u00a0x٣²½процент"))
def test_any_text_can_be_read(text: str) -> None:
    made_up(text, FACTS)
    list(numbers_of(text))


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("187 a minute, 12.5 usual", {187.0, 12.5}),
        ("97 % and 1 187", {97.0, 1187.0}),
        ("2026-11-21 14:05 UTC", {2026.0, 11.0, 21.0, 14.0, 5.0}),
        ("u_23 and jwt2", set()),
    ],
)
def test_the_numbers_of_our_own_texts_are_facts(text: str, numbers: set[float]) -> None:
    assert set(numbers_of(text)) == numbers


def test_thousands_by_point_and_decimals_by_comma_are_read() -> None:
    assert made_up("1.234,5", [1234.5]) == []
    assert made_up("1,234.5", [1234.5]) == []
    assert made_up("1.234,5", [1.2345]) == ["1.234,5"]
