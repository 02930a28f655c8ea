"""What strangers write becomes one plain line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resonance_llm_orchestrator.plain_text import plain


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("ordinary_name", "ordinary_name"),
        ("two\nlines\r\nand\ttab", "two lines and tab"),
        ("bell\x07 and \x1b[31mred", "bell and [31mred"),
        ("\u202eright to left\u202c", "right to left"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("  padded \u2028 ", "padded"),
        ("поток 🙂", "поток 🙂"),
        ("\x00\x01", ""),
    ],
)
def test_only_printable_characters_stay(text: str, line: str) -> None:
    assert plain(text, 100) == line


def test_what_is_too_long_is_cut_and_marked() -> None:
    assert plain("x" * 10, 10) == "x" * 10
    assert plain("x" * 11, 10) == "x" * 9 + "…"


@given(st.text(), st.integers(1, 50))
def test_cleaning_twice_changes_nothing_and_the_length_holds(text: str, longest: int) -> None:
    line = plain(text, longest)
    assert len(line) <= longest
    assert plain(line, longest) == line
