"""Follows a runbook as it is written: runs the commands of its fenced blocks and compares what they print.

A block ```sh is run by Bash in the repository; ```text behind it is what it prints: each line has to be there, `…`
stands for anything. Headings say when: "Confirm" while the alert fires, "Over" after the repair. Labels of the
alert are variables: `$JOB`, `$TOPIC`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.alarms.scene import Scene
from tests.documents.blocks import FENCE

ROOT: Final = Path(__file__).resolve().parents[2]
RUNBOOKS: Final = ROOT / "docs/operations/runbooks"
STACK_FILE: Final = "tests/alarms/stack.yml"

PATIENCE_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Block:
    """Commands under a heading, and the lines that have to be among what they print."""

    heading: str
    commands: str
    expected: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Followed:
    """What came of a block."""

    block: Block
    printed: str
    right: bool


def blocks(text: str) -> Iterator[Block]:
    """The blocks of a runbook, in order."""
    for section in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        heading = section.partition("\n")[0].strip()
        found = [(match["language"], match["text"]) for match in FENCE.finditer(section)]
        for place, (kind, content) in enumerate(found):
            if kind == "sh":
                follows = found[place + 1 : place + 2]
                expected = follows[0][1].splitlines() if follows and follows[0][0] == "text" else []
                yield Block(heading, content, tuple(line.strip() for line in expected if line.strip()))


def says(printed: str, expected: str) -> bool:
    """Whether a line is there; `…` stands for anything."""
    pattern = ".*".join(map(re.escape, (part.strip() for part in expected.split("…"))))
    return any(re.search(pattern, line) for line in printed.splitlines())


async def follow(scene: Scene, runbook: str, heading: str, labels: Mapping[str, str]) -> list[Followed]:
    """Runs the blocks under a heading, each again for a while until it prints what it should."""
    path = RUNBOOKS / f"{runbook}.md"
    if not path.exists():
        return []
    text, found = path.read_text(encoding="utf-8"), []
    for block in blocks(text):
        if block.heading == heading:
            found.append(await _run(scene, block, labels))
    return found


async def _run(scene: Scene, block: Block, labels: Mapping[str, str]) -> Followed:
    environment = {
        "COMPOSE_PROJECT_NAME": scene.stack.project,
        "COMPOSE_FILE": ":".join(scene.stack.files),
        "COMPOSE_ENV_FILES": ".env.example",
        "GATEWAY": scene.stack.url("GATEWAY_PORT"),
        "TOKEN": scene.token("operator", "operator", "viewer"),
        **{name.upper(): value for name, value in labels.items()},
    }
    last = ""

    async def right() -> bool:
        nonlocal last
        command = ("timeout", "20", "bash", "-euo", "pipefail", "-c", block.commands)
        code, last = await scene.command(*command, environment=environment)
        return code == 0 and all(says(last, line) for line in block.expected)

    so = await scene.until(right, PATIENCE_S)
    return Followed(block, last, so)
