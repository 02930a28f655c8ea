"""Topics as JSON shows them."""

from __future__ import annotations

from typing import Any, Final

from resonance_contracts.topics import Topic

FIELDS: Final = {
    "name": "the topic",
    "type": "full name of its Protobuf message, and its CloudEvents type",
    "key": "what the key of a record is",
    "public": "whether any consumer may read it",
    "owners": "services that write it",
    "readers": "services that read it",
    "retention_ms": "how long records are kept; null where the newest of each key is kept",
    "dead_letters": "topic of its records that could not be handled",
}


def described(topic: Topic) -> dict[str, Any]:
    """A topic, with the fields of FIELDS."""
    return {
        "name": topic.name, "type": topic.type, "key": topic.key.value, "public": topic.public,
        "owners": sorted(topic.owners), "readers": sorted(topic.readers), "retention_ms": topic.retention_ms,
        "dead_letters": topic.dead_letters,
    }  # fmt: skip
