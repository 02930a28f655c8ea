"""The WebSocket and the topics described as AsyncAPI 3.0, made from frames, close codes and the catalogue of topics."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from functools import cache
from importlib.metadata import version
from typing import Any, Final, get_args

import msgspec

from resonance_contracts.topics import TOPICS
from resonance_gateway.documents.server_frames import SERVER_FRAMES
from resonance_gateway.documents.topics import KAFKA_SERVER, topic_channel, topic_operations
from resonance_gateway.news.alerts_stream import StreamQuery
from resonance_gateway.news.desk import CAUGHT_UP
from resonance_gateway.news.kinds import MESSAGES, Kind
from resonance_gateway.news.rendered_schema import schema_of
from resonance_gateway.sockets.closing import CloseCode
from resonance_gateway.sockets.frames import ClientFrame

Json = dict[str, Any]

_ABOUT: Final = (
    "The WebSocket of users, the one of operators, and the topics between the services. `send` and `receive` are the "
    "gateway's: it receives the frames of clients. REST is described by OpenAPI."
)
_TOKEN: Final = {"$ref": "#/components/securitySchemes/token"}
_SCHEMAS: Final = "#/components/schemas/{name}"


@cache
def asyncapi() -> Json:
    """The document; made once a process, not to be changed."""
    client, server = get_args(ClientFrame), SERVER_FRAMES
    schemas = _frame_schemas([*client, *server])
    channels = {
        "users": _socket("/ws", "WebSocket of users and backends.", [*client, *server]),
        "news": _news_channel(),
        **{topic.name: topic_channel(topic) for topic in TOPICS},
    }
    operations = {
        "receiveFrame": _operation("receive", "users", "A frame of a client.", client),
        "sendFrame": _operation("send", "users", "A frame of the gateway.", server),
        "sendNews": _operation_of("send", "news", "What is new, as it happens.", [*Kind, CAUGHT_UP]),
        **{name: operation for topic in TOPICS for name, operation in topic_operations(topic).items()},
    }
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Resonance", "version": version("resonance-gateway"), "description": _ABOUT},
        "defaultContentType": "application/json",
        "servers": {
            "gateway": {
                "host": "localhost:8000",
                "protocol": "ws",
                "security": [_TOKEN],
            },
            "kafka": KAFKA_SERVER,
        },
        "channels": channels,
        "operations": operations,
        "components": {
            "schemas": schemas,
            "messages": {frame.__name__: _frame_message(frame) for frame in (*client, *server)},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
    }


def _frame_schemas(frames: Sequence[Any]) -> Json:
    _, schemas = msgspec.json.schema_components(frames, ref_template=_SCHEMAS)
    return {name: _readable(schema) for name, schema in schemas.items()}


def _readable(schema: Any) -> Any:
    """Patterns as ECMA-262 has them, which is what JSON Schema asks for: it knows no \\A and \\Z."""
    if isinstance(schema, dict):
        shown = {key: _readable(value) for key, value in schema.items()}
        if isinstance(shown.get("pattern"), str):
            shown["pattern"] = shown["pattern"].replace("\\A", "^").replace("\\Z", "$")
        return shown
    return [_readable(item) for item in schema] if isinstance(schema, list) else schema


def _frame_message(frame: Any) -> Json:
    return {
        "name": msgspec.inspect.type_info(frame).tag,  # type: ignore[attr-defined]
        "summary": (inspect.getdoc(frame) or "").partition("\n\n")[0],
        "payload": {"$ref": _SCHEMAS.format(name=frame.__name__)},
    }


def _socket(address: str, summary: str, frames: Sequence[Any]) -> Json:
    messages = {frame.__name__: {"$ref": f"#/components/messages/{frame.__name__}"} for frame in frames}
    return {
        "address": address,
        "summary": summary,
        "servers": [{"$ref": "#/servers/gateway"}],
        "messages": messages,
        "bindings": {"ws": {"method": "GET", "bindingVersion": "0.1.0"}},
        "x-close-codes": {str(int(code)): {"meaning": code.meaning, "reconnect": code.reconnect} for code in CloseCode},
    }


def _news_channel() -> Json:
    channel = _socket("/ws/alerts", "WebSocket of alerts and their explanations; viewers and operators.", ())
    query = StreamQuery.model_json_schema(ref_template="#/definitions/{model}")
    channel["bindings"]["ws"]["query"] = {
        "type": "object",
        "properties": {
            "min_severity": {"type": "string", "enum": query["$defs"]["Severity"]["enum"], "default": "low"},
            "since": {
                "type": "number",
                "minimum": 0,
                "description": "Seconds since the epoch: tell first what was.",
            },
            "kinds": {
                "type": "string",
                "default": ",".join(Kind),
                "description": "Kinds of news, separated by commas.",
            },
            "after": {
                "type": "string",
                "description": "Position of the last frame that was read, or empty: tell first what came behind it, or "
                "what is remembered (from `since` on) where it is not known, then `caught_up`. Nothing is left out "
                "where the reader is slow: it is disconnected.",
            },
            "auth": {
                "type": "string",
                "enum": ["frame"],
                "description": 'The first frame is {"type":"auth","token":…}.',
            },
            "token": {"type": "string", "description": "A token, where no header can be set."},
        },
    }
    channel["messages"] = {kind: _news_message(kind, message) for kind, message in MESSAGES.items()}
    channel["messages"][CAUGHT_UP] = _caught_up()
    return channel


def _news_message(name: str, message: Any) -> Json:
    schema = schema_of(message.DESCRIPTOR)
    schema["properties"] = {"type": {"const": name}, "position": {"type": "string"}, **schema["properties"]}
    schema["required"] = ["type", *schema["required"]]
    return {"name": name, "payload": schema}


def _caught_up() -> Json:
    properties = {
        "type": {"const": CAUGHT_UP},
        "position": {"type": "string", "description": "Where the reader is; give it as `after` to go on."},
        "recovered": {"type": "boolean", "description": "Whether what came before was all that had been missed."},
    }
    return {"name": CAUGHT_UP, "payload": {"type": "object", "properties": properties, "required": list(properties)}}


def _operation(action: str, channel: str, summary: str, frames: Sequence[Any]) -> Json:
    return _operation_of(action, channel, summary, [frame.__name__ for frame in frames])


def _operation_of(action: str, channel: str, summary: str, messages: Sequence[str]) -> Json:
    return {
        "action": action,
        "summary": summary,
        "channel": {"$ref": f"#/channels/{channel}"},
        "messages": [{"$ref": f"#/channels/{channel}/messages/{name}"} for name in messages],
    }
