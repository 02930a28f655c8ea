"""JSON Schema of what `rendering.plain` makes of a protobuf message."""

from __future__ import annotations

from typing import Any, Final

from google.protobuf.descriptor import FieldDescriptor

from resonance_contracts.rendering import enum_names, shown_fields

_INTEGERS: Final = frozenset(
    {
        FieldDescriptor.CPPTYPE_INT32,
        FieldDescriptor.CPPTYPE_INT64,
        FieldDescriptor.CPPTYPE_UINT32,
        FieldDescriptor.CPPTYPE_UINT64,
    }
)
_FLOATS: Final = frozenset({FieldDescriptor.CPPTYPE_DOUBLE, FieldDescriptor.CPPTYPE_FLOAT})


def schema_of(message: Any) -> dict[str, Any]:
    """The schema of a message without maps and bytes, from its Descriptor; JSON Schema 2020-12, without references."""
    properties: dict[str, Any] = {}
    for field in shown_fields(message):
        properties[field.name] = _field(field)
        if field.name == "user_key":
            properties["user_id"] = {"type": ["string", "null"], "description": "Where the reader may see it."}
    return {"type": "object", "title": message.name, "properties": properties, "required": list(properties)}


def _field(field: FieldDescriptor) -> dict[str, Any]:
    if field.is_repeated:
        return {"type": "array", "items": _value(field)}
    if field.type == FieldDescriptor.TYPE_MESSAGE:
        return {"anyOf": [_value(field), {"type": "null"}]}
    return _value(field)


def _value(field: FieldDescriptor) -> dict[str, Any]:
    if field.message_type is not None:
        return schema_of(field.message_type)
    if field.enum_type is not None:
        return {"type": "string", "enum": list(enum_names(field.enum_type).values())}
    if field.cpp_type in _INTEGERS:
        return {"type": "integer"}
    if field.cpp_type in _FLOATS:
        return {"type": ["number", "null"]}
    return {"type": "boolean"} if field.cpp_type == FieldDescriptor.CPPTYPE_BOOL else {"type": "string"}
