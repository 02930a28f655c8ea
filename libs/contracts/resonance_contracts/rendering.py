"""Protobuf messages as JSON for people.

Fields keep their names. Unlike protobuf's own JSON mapping, 64-bit integers are numbers (times in microseconds stay
below 2^53), enums are the last part of their name in lower case ("high", "open"), and NaN and infinity, which JSON
does not have, are null. A `user_id` is put beside every `user_key` that the gateway can resolve.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

UNSHOWN: Final = frozenset({"resonance.v1.Anomaly.recent"})
"""Fields for xai alone: 208 numbers of vectors before, in every frame of every anomaly and explanation."""

Resolve = Callable[[str], str | None]


def nobody(_: str) -> None:
    """Resolves no user key: for readers who see people as pseudonyms."""


@cache
def shown_fields(descriptor: Any) -> tuple[FieldDescriptor, ...]:
    """Fields of a message that people are shown, from its Descriptor."""
    return tuple(field for field in descriptor.fields if field.full_name not in UNSHOWN)


def plain(message: Message, resolve: Resolve) -> dict[str, Any]:
    """A message as plain values; message fields that are not set are null.

    Args:
        message: Any message without maps or bytes.
        resolve: Gives the user id of a user key, None where it is not known.
    """
    shown: dict[str, Any] = {}
    for field in shown_fields(message.DESCRIPTOR):
        value = getattr(message, field.name)
        names = None if field.enum_type is None else enum_names(field.enum_type)
        if field.is_repeated:
            shown[field.name] = [_value(item, names, resolve) for item in value]
        elif field.type == FieldDescriptor.TYPE_MESSAGE and not message.HasField(field.name):
            shown[field.name] = None
        else:
            shown[field.name] = _value(value, names, resolve)
        if field.name == "user_key":
            shown["user_id"] = resolve(value)
    return shown


def _value(value: Any, names: Mapping[int, str] | None, resolve: Resolve) -> Any:
    if isinstance(value, Message):
        return plain(value, resolve)
    if names is not None:
        return names.get(value, str(value))
    return finite(value) if isinstance(value, float) else value


def finite(value: float) -> float | None:
    """The value, or None where JSON has no number for it."""
    return value if math.isfinite(value) else None


@cache
def enum_names(enum: Any) -> Mapping[int, str]:
    """Short names of the values of an EnumDescriptor: what follows the prefix that all of them share."""
    unspecified = enum.values_by_number[0].name
    prefix = unspecified.removesuffix("UNSPECIFIED")
    return {value.number: value.name.removeprefix(prefix).lower() for value in enum.values}
