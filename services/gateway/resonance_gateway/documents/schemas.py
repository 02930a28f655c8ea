"""JSON Schemas of models, with the sentences of their docstrings."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable
from functools import cache
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, JsonSchemaValue, models_json_schema
from pydantic_core import core_schema

REFERENCE: Final = "#/components/schemas/{model}"
_NAMES: Final = re.compile(r"^    (\w+(?:, \w+)*): (.*)")


def schemas_of(models: Iterable[tuple[type[BaseModel], JsonSchemaMode]]) -> tuple[dict[Any, Any], dict[str, Any]]:
    """Schemas by model and mode, and the definitions that they refer to; made once a process, not to be changed."""
    return _schemas_of(tuple(dict.fromkeys(models)))


@cache
def _schemas_of(models: tuple[tuple[type[BaseModel], JsonSchemaMode], ...]) -> tuple[dict[Any, Any], dict[str, Any]]:
    by_model, document = models_json_schema(models, ref_template=REFERENCE, schema_generator=_Documented)
    return by_model, document.get("$defs", {})


class _Documented(GenerateJsonSchema):
    """Takes descriptions of models and fields from docstrings."""

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        described = super().model_schema(schema)
        about, fields = described_by(schema["cls"])
        described["description"] = about
        for name, sentence in fields.items():
            if name in described.get("properties", {}):
                described["properties"][name].setdefault("description", sentence)
        return described

    def enum_schema(self, schema: core_schema.EnumSchema) -> JsonSchemaValue:
        return super().enum_schema(schema) | {"description": described_by(schema["cls"])[0]}


def described_by(model: type) -> tuple[str, dict[str, str]]:
    """What the docstring of a class says of it, and of its attributes; those of its bases included."""
    fields: dict[str, str] = {}
    for base in reversed(model.__mro__):
        fields |= _attributes(base)
    about, _, _ = (inspect.getdoc(model) or "").partition("\n\nAttributes:")
    return " ".join(about.split()), fields


def _attributes(model: type) -> dict[str, str]:
    _, _, section = inspect.cleandoc(model.__doc__ or "").partition("\n\nAttributes:\n")
    found: dict[str, str] = {}
    names: list[str] = []
    for line in section.splitlines():
        if match := _NAMES.match(line):
            names = match[1].split(", ")
            found |= dict.fromkeys(names, match[2])
        elif line.startswith("        "):
            found |= {name: f"{found[name]} {line.strip()}" for name in names}
        else:
            break
    return found
