"""`resonance topics show`: one topic, and the fields of its message; needs neither gateway nor brokers."""

from __future__ import annotations

import argparse
from typing import Any

from resonance_client.cli import options
from resonance_client.cli.completion import complete, topic_names
from resonance_client.cli.output import lasted, say, say_json, table
from resonance_client.cli.topic_fields import FIELDS, described
from resonance_client.errors import UsageError
from resonance_contracts.topics import TOPICS, Topic

EXAMPLES = """\
examples:
  resonance topics show resonance.alerts.raised.v1
  resonance topics show resonance.alerts.raised.v1 --json | jq -r '.fields[].name'
"""
JSON = {**FIELDS, "fields": "of the message: `name`, `type`, and whether it is `repeated`"}


def add(parser: argparse.ArgumentParser) -> None:
    """Options of the command."""
    complete(parser.add_argument("topic", metavar="TOPIC", help="its name"), topic_names)
    options.add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Prints it."""
    topic = next((topic for topic in TOPICS if topic.name == arguments.topic), None)
    if topic is None:
        raise UsageError(f"There is no topic {arguments.topic}; `resonance topics list --all` names those there are.")
    fields = _fields(topic)
    if arguments.json:
        say_json({**described(topic), "fields": fields})
        return 0
    kept = "the newest of each key" if topic.retention_ms is None else f"for {lasted(topic.retention_ms / 1000)}"
    say(f"{topic.name}: {'public' if topic.public else 'internal'}, kept {kept}")
    say(f"key: {topic.key.value}")
    say(f"written by: {', '.join(sorted(topic.owners)) or 'programs outside'}")
    say(f"read by: {', '.join(sorted(topic.readers)) or 'programs outside'}")
    say(f"value: {topic.type}, in Protobuf, under CloudEvents headers")
    say("")
    table(("Field", "Type"), [(one["name"], f"{one['type']}{' *' if one['repeated'] else ''}") for one in fields])
    return 0


def _fields(topic: Topic) -> list[dict[str, Any]]:
    from google.protobuf.descriptor import FieldDescriptor

    names = {
        value: name.removeprefix("TYPE_").lower()
        for name, value in vars(FieldDescriptor).items()
        if name.startswith("TYPE_")
    }

    def type_of(field: Any) -> str:
        named = field.message_type or field.enum_type
        return names[field.type] if named is None else str(named.full_name)

    fields = topic.message.DESCRIPTOR.fields
    return [{"name": one.name, "type": type_of(one), "repeated": bool(one.is_repeated)} for one in fields]
