"""A page keeps what is around its marks."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.markdown import put


def test_what_stands_between_the_marks_is_replaced_and_nothing_else(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("above\n<b>\nold\n<e>\nbelow\n")
    put(page, "<b>", "<e>", "\nnew\n")
    assert page.read_text() == "above\n<b>\nnew\n<e>\nbelow\n"
    with pytest.raises(ValueError, match="no place"):
        put(page, "<b>", "<other>", "")
    assert page.read_text() == "above\n<b>\nnew\n<e>\nbelow\n"
