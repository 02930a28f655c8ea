"""Every call of `resonance` in the documentation is one that the command line takes."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from resonance_client.cli.tree import GROUPS, build_parser, completed, wanted_in

ROOT = Path(__file__).parents[3]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")), *sorted((ROOT / "libs/client").rglob("README.md"))]
BEGINS = r"(?:^|[(&;|])\s*"
ENDS = ("|", "||", "&&", ";", "<", ">", ">>", "&", ")")


def in_blocks(text: str) -> Iterator[list[str]]:
    """The words behind each `resonance` in the blocks of code of a page."""
    for block in re.findall(r"^```(?:sh|bash|console)?\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        for line in block.replace("\\\n", " ").splitlines():
            for call in re.findall(BEGINS + r"resonance ([^#|)]+)", line):
                lexer = shlex.shlex(call, posix=True, punctuation_chars="();<>|&")
                lexer.whitespace_split = True
                words = list(lexer)
                yield words[: next((place for place, word in enumerate(words) if word in ENDS), len(words))]


def named(text: str) -> Iterator[list[str]]:
    """The words behind each `resonance` in code within lines: there arguments may be left out."""
    for call in re.findall(r"(?<!`)`resonance ([^`\n]+)`", text):
        yield call.split()


def all_calls(found_in: Callable[[str], Iterator[list[str]]]) -> dict[str, list[str]]:
    return {
        f"{page.relative_to(ROOT)}: {' '.join(words)}": words
        for page in PAGES
        for words in found_in(page.read_text(encoding="utf-8"))
    }


def test_the_documentation_has_calls() -> None:
    assert len(all_calls(in_blocks)) > 40 and len(all_calls(named)) > 20


def test_every_call_in_a_block_is_taken(capsys: pytest.CaptureFixture[str]) -> None:
    wrong = []
    for where, given in all_calls(in_blocks).items():
        words = completed(given)
        try:
            build_parser(wanted_in(words)).parse_args(words)
        except SystemExit as ended:
            if ended.code:
                wrong.append(f"{where}: {capsys.readouterr().err.splitlines()[-1]}")
    assert wrong == []


def test_every_command_that_is_named_is_there() -> None:
    unknown = [
        where for where, words in all_calls(named).items() if words[0] not in ("COMMAND", "GROUP", *GROUPS)
        and wanted_in(words) is None
    ]  # fmt: skip
    assert unknown == []
