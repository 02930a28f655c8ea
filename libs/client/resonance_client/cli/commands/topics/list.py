"""`resonance topics list`: what consumers can subscribe to; needs neither gateway nor brokers."""

from __future__ import annotations

import argparse

from resonance_client.cli import options
from resonance_client.cli.output import say_json, table
from resonance_client.cli.topic_fields import FIELDS, described
from resonance_contracts.topics import TOPICS

EXAMPLES = """\
examples:
  resonance topics                 topics that any consumer may read
  resonance topics list --all      internal ones, too
  resonance topics list --json | jq -r '.[].name'
"""
JSON = {"[]": "a list, of each topic:", **FIELDS}


def add(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    parser.add_argument("--all", action="store_true", help="internal topics, too")
    options.add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print the catalogue."""
    topics = [topic for topic in TOPICS if topic.public or arguments.all]
    if arguments.json:
        say_json([described(topic) for topic in topics])
        return 0
    # A name that is cut cannot be subscribed to: the other columns give way.
    table(
        ("Topic", "Message", "Key", "Written by"),
        [(topic.name, topic.type, topic.key.value, ", ".join(sorted(topic.owners))) for topic in topics],
        whole=("Topic",),
    )
    return 0
