"""Topics described as channels of AsyncAPI 3.0, from the catalogue."""

from __future__ import annotations

from typing import Any, Final

from resonance_contracts.topics import Service, Topic

Json = dict[str, Any]

KAFKA_SERVER: Final[Json] = {"host": "localhost:9092", "protocol": "kafka"}
_PROTOBUF: Final = "application/vnd.google.protobuf;version=3"
_BINDING: Final = "0.5.0"

# CloudEvents in binary mode, and the trace.
HEADERS: Final[Json] = {
    "type": "object",
    "properties": {
        "ce_specversion": {"type": "string", "const": "1.0"},
        "ce_id": {"type": "string", "description": "The same for a repeat of the record."},
        "ce_type": {"type": "string", "description": "Full name of the message."},
        "ce_source": {"type": "string"},
        "ce_time": {"type": "string", "format": "date-time"},
        "traceparent": {"type": "string"},
        "correlation-id": {"type": "string", "description": "On questions and answers."},
    },
}


def topic_channel(topic: Topic) -> Json:
    """One topic."""
    configuration: Json = {"cleanup.policy": ["compact" if topic.compacted else "delete"]}
    if topic.retention_ms is not None:
        configuration["retention.ms"] = topic.retention_ms
    return {
        "address": topic.name,
        "summary": "Public: one event or alert a record." if topic.public else "Between the services.",
        "servers": [{"$ref": "#/servers/kafka"}],
        "messages": {_message_name(topic): _message(topic)},
        "bindings": {"kafka": {"topicConfiguration": configuration, "bindingVersion": _BINDING}},
        "x-owners": sorted(topic.owners),
        "x-readers": sorted(topic.readers),
        "x-public": topic.public,
    }


def topic_operations(topic: Topic) -> Json:
    """What the gateway does with it."""
    found = {}
    for action, services in (("send", topic.owners), ("receive", topic.readers)):
        if Service.GATEWAY in services:
            found[f"{action}.{topic.name}"] = {
                "action": action,
                "channel": {"$ref": f"#/channels/{topic.name}"},
                "messages": [{"$ref": f"#/channels/{topic.name}/messages/{_message_name(topic)}"}],
            }
    return found


def _message_name(topic: Topic) -> str:
    return topic.type.rpartition(".")[2]


def _message(topic: Topic) -> Json:
    return {
        "name": topic.type,
        "contentType": "application/protobuf",
        "headers": HEADERS,
        "payload": {"schemaFormat": _PROTOBUF, "schema": topic.type},
        "description": f"The message `{topic.type}` of `{_file(topic)}`.",
        "bindings": {"kafka": {"key": {"type": "string", "description": str(topic.key)}, "bindingVersion": _BINDING}},
    }


def _file(topic: Topic) -> str:
    """The file of the wire contracts that has the message."""
    return f"proto-schemas/{topic.message.DESCRIPTOR.file.name}"
