"""How figures are read and written; what is measured needs a container engine."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.images import memory, sizes
from tests.images.__main__ import PAGE, main, write
from tests.supply.outcome import IMAGES, ROOT


def test_a_table_takes_the_place_of_the_one_before_and_of_nothing_else(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# Page\n\n## Sizes\n\nold\n\n## Memory\n\nkept\n", encoding="utf-8")
    write(page, "Sizes", "new\n")
    write(page, "Sizes", "newer\n")
    write(page, "Memory", "last\n")
    assert page.read_text(encoding="utf-8") == "# Page\n\n## Sizes\n\nnewer\n\n## Memory\n\nlast\n"
    with pytest.raises(SystemExit, match="has no heading 'Other'"):
        write(page, "Other", "x")


def test_the_page_has_a_place_for_each_table() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert "\n## Sizes\n" in text and "\n## Memory\n" in text


def test_memory_is_read_as_docker_writes_it() -> None:
    assert memory.size_of("12.5MiB") == 12.5 * 2**20
    assert memory.size_of("1.5GiB") == 1.5 * 2**30
    assert memory.size_of("0B") == 0
    with pytest.raises(ValueError, match="is no size"):
        memory.size_of("much")


def test_each_image_has_code_that_can_be_changed() -> None:
    for name in IMAGES:
        assert (ROOT / sizes.source(name)).is_file(), name


def test_what_cannot_be_measured_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["speed"]) == 2
    assert "There is no measurement 'speed'" in capsys.readouterr().err
