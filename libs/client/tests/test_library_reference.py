"""The reference of the library is current, and says of everything public what it is."""

from __future__ import annotations

import re
from pathlib import Path

import resonance_client
from resonance_client.reference import PARTS, page

PUBLISHED = Path(__file__).parents[3] / "docs" / "reference" / "client-library.md"


def test_the_published_one_is_current() -> None:
    assert PUBLISHED.read_text(encoding="utf-8") == page(), "run `make reference`"


def test_everything_public_has_its_section_and_a_sentence() -> None:
    assert {home for homes in PARTS.values() for home in homes} == set(resonance_client._HOMES)
    sections = dict(re.findall(r"^### (\w+)\n(.*?)(?=^##|\Z)", page(), re.MULTILINE | re.DOTALL))
    assert set(sections) == set(resonance_client.__all__)
    for name, text in sections.items():
        said = re.sub(r"```.*?```", "", text, flags=re.DOTALL).strip()
        assert said or " = " in text, f"{name} has no docstring"
        assert not re.search(r"`: (Raises|$)", text, re.MULTILINE), f"a method of {name} has no docstring"


def test_nothing_of_this_machine_or_this_run_is_in_it() -> None:
    assert not re.search(r"0x[0-9a-f]{6}|<\w+ object|/home|/usr", page())
