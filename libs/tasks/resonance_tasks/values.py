"""Bounds of what questions hold: names, numbers, sentences, and dictionaries that anybody may fill."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Field

LONGEST_NAME: Final = 64
LONGEST_TEXT: Final = 1_000
MOST_FEATURES: Final = 64
MOST_FIELDS: Final = 32
MOST_ITEMS: Final = 32
LARGEST: Final = 1e15

Name = Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)]
"""A name that somebody chose, 1 to 64 characters."""

Number = Annotated[float, Field(ge=-LARGEST, le=LARGEST, allow_inf_nan=False)]
"""A number that can be told."""


def _whole(value: object) -> object:
    return int(value) if isinstance(value, float) and value.is_integer() else value


Whole = Annotated[int, BeforeValidator(_whole)]
"""A whole number; 5.0 is one, as in JSON Schema."""

Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
"""0 to 1."""

Values = Annotated[dict[Name, Number], Field(max_length=MOST_FEATURES)]
"""Values by name, at most 64."""

_PEOPLE: Final = frozenset({"user_id", "user", "username", "user_name", "account", "account_id", "player_id", "login"})

_SCALAR: Final[dict[str, Any]] = {
    "anyOf": [
        {"type": "string", "maxLength": LONGEST_TEXT},
        {"type": "number", "minimum": -LARGEST, "maximum": LARGEST},
        {"type": "boolean"},
        {"type": "null"},
    ]
}
_LIST: Final[dict[str, Any]] = {"type": "array", "items": _SCALAR, "maxItems": MOST_ITEMS}


def _object(values: Mapping[str, Any]) -> dict[str, Any]:
    names = {"minLength": 1, "maxLength": LONGEST_NAME}
    return {
        "type": "object",
        "maxProperties": MOST_FIELDS,
        "propertyNames": names,
        "additionalProperties": dict(values),
    }


def fields_schema(**known: Mapping[str, Any]) -> dict[str, Any]:
    """JSON Schema of a dictionary that `checked_fields` lets through, with the schemas of fields that are known."""
    inner = {"anyOf": [*_SCALAR["anyOf"], _LIST, _object({"anyOf": [*_SCALAR["anyOf"], _LIST]})]}
    return {**_object(inner), "properties": {name: dict(schema) for name, schema in known.items()}}


def checked_fields(fields: Mapping[str, Any]) -> None:
    """Raises ValueError, a sentence, for a dictionary that is larger or deeper than we read.

    At most 32 fields with names of 1 to 64 characters; a value is a text of at most 1,000 characters, a number, true,
    false, null, a list of at most 32 of these, or one more dictionary of all of that.
    """
    _object_checked(fields, deeper=True)


def _object_checked(fields: Mapping[str, Any], *, deeper: bool) -> None:
    if len(fields) > MOST_FIELDS:
        raise ValueError(f"{len(fields)} fields were given; expected at most {MOST_FIELDS}")
    for name, value in fields.items():
        if not 0 < len(name) <= LONGEST_NAME:
            raise ValueError(f"a field's name has {len(name)} characters; expected 1 to {LONGEST_NAME}")
        if isinstance(value, Mapping):
            if not deeper:
                raise ValueError("an object lies in an object in an object; expected one level less")
            _object_checked(value, deeper=False)
        elif isinstance(value, list):
            _list_checked(value)
        else:
            _scalar_checked(value)


def _list_checked(items: list[Any]) -> None:
    if len(items) > MOST_ITEMS:
        raise ValueError(f"a list has {len(items)} items; expected at most {MOST_ITEMS}")
    for item in items:
        if isinstance(item, (list, Mapping)):
            raise ValueError("a list holds lists or objects; expected texts and numbers")
        _scalar_checked(item)


def _scalar_checked(value: object) -> None:
    if isinstance(value, str) and len(value) > LONGEST_TEXT:
        raise ValueError(f"a text has {len(value)} characters; expected at most {LONGEST_TEXT}")
    if isinstance(value, (int, float)) and not abs(value) <= LARGEST:
        raise ValueError(f"a number is beyond {LARGEST:g}; expected one that can be told")


def without_people(fields: Mapping[str, Any], key_of: Callable[[str], str]) -> dict[str, Any]:
    """The dictionary with a pseudonym wherever a field is named as one that names a user."""
    return {name: _hidden(name, value, key_of) for name, value in fields.items()}


def _hidden(name: str, value: Any, key_of: Callable[[str], str]) -> Any:
    if isinstance(value, Mapping):
        return without_people(value, key_of)
    if name.lower() not in _PEOPLE:
        return value
    if isinstance(value, list):
        return [_hidden(name, item, key_of) for item in value]
    whole = isinstance(value, int) and not isinstance(value, bool)
    return key_of(str(value)) if whole or (isinstance(value, str) and value) else value


def person_in(fields: Mapping[str, Any]) -> str:
    """The user that a dictionary names at its top; "" where it names none."""
    return next((v for name, v in fields.items() if name.lower() in _PEOPLE and isinstance(v, str)), "")
