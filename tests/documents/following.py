"""Follows a page as a reader does: its commands in one shell, with the reader's own values in the places for them."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.documents.blocks import Block

# What the pages call is there, each request says how it was answered, and what fails ends it.
_SHELL: Final = """set -eo pipefail
curl() { command curl -sS -w '%{stderr}answered %{http_code} %{method} %{url}\\n' "$@"; }
"""
_ANSWERED: Final = re.compile(r"^answered (\d{3}) (\S+) (\S+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Followed:
    """What came of a page.

    Attributes:
        status: Exit status of the shell.
        printed, complained: What it printed.
        answers: Of each request, its status, method and URL.
    """

    status: int
    printed: str
    complained: str

    @property
    def answers(self) -> list[tuple[int, str, str]]:
        return [(int(code), method, url) for code, method, url in _ANSWERED.findall(self.complained)]


def follow(
    blocks: Sequence[Block], values: Mapping[str, str], environment: Mapping[str, str], folder: Path, patience_s: float
) -> Followed:
    """Runs the blocks of a page.

    Args:
        blocks: Of the page, in order.
        values: What stands in the page, and what the reader puts there; each has to be in it.
        environment: Variables of the shell.
        folder: Where it runs.
        patience_s: For all of it.
    """
    text = "".join(block.text for block in blocks)
    for there, own in values.items():
        assert there in text, f"{blocks[0].page} has no {there!r} any more"
        text = text.replace(there, own)
    done = subprocess.run(
        ["/bin/bash", "-c", _SHELL + text],
        env=dict(environment),
        cwd=folder,
        text=True,
        capture_output=True,
        timeout=patience_s,
    )
    return Followed(done.returncode, done.stdout, done.stderr)


def until_printed(code: str) -> str:
    """The same, but it ends after what it prints first: a loop that waits for news has no end."""
    return re.sub(r"^( *)(print\(.*\))$", r"\1\2\n\1raise SystemExit(0)", code, count=1, flags=re.MULTILINE)


def in_a_program(code: str, **given: str) -> str:
    """A program around a block of Python: what is given are its variables, and it may await."""
    lines = "".join(f"    {line}" for line in code.splitlines(keepends=True))
    return f"import asyncio\n\nasync def main({', '.join(given)}):\n{lines}\n\nasyncio.run(main(**{given!r}))"
