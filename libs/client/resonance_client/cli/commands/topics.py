"""`resonance topics`: what consumers can subscribe to."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from rich.console import Console
from rich.table import Column, Table

from resonance_contracts.topics import TOPICS, Topic

EXAMPLES = """\
examples:
  resonance topics            topics that any consumer may read
  resonance topics --all      internal ones, too
  resonance topics --json
"""


def add(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.add_argument("--all", action="store_true", help="internal topics, too")
    parser.add_argument("--json", action="store_true", help="as JSON")


async def run(arguments: argparse.Namespace) -> int:
    """Print the catalogue; needs no gateway."""
    topics = [topic for topic in TOPICS if topic.public or arguments.all]
    if arguments.json:
        sys.stdout.write(json.dumps([_fields(topic) for topic in topics]) + "\n")
        return 0
    # A name that is cut cannot be subscribed to: the other columns give way.
    table = Table(Column("Topic", no_wrap=True), "Message", "Key", "Written by")
    for topic in topics:
        table.add_row(topic.name, topic.type, topic.key.value, ", ".join(sorted(topic.owners)))
    Console(highlight=False).print(table)
    return 0


def _fields(topic: Topic) -> dict[str, Any]:
    return {
        "name": topic.name, "type": topic.type, "key": topic.key.value, "public": topic.public,
        "owners": sorted(topic.owners), "readers": sorted(topic.readers), "retention_ms": topic.retention_ms,
        "dead_letters": topic.dead_letters,
    }  # fmt: skip
