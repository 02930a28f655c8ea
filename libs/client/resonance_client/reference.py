"""Writes the reference of the library in Markdown, from its docstrings: `python -m resonance_client.reference`."""

from __future__ import annotations

import enum
import inspect
import re
import sys
from collections.abc import Iterator
from typing import Any, Final

from pydantic import BaseModel

import resonance_client
from resonance_client.docstrings import NAMELESS, prose, sections

PARTS: Final = {
    "Tell what users do": ("tracking.tracker", "tracking.events"),
    "Be told of alerts": (
        "alerts.over_websocket",
        "alerts.over_kafka",
        "alerts.subscription",
        "alerts.events",
        "alerts.watch",
        "kafka_connection",
    ),
    "Speak to the gateway": ("session", "connection", "frames", "rest", "tokens", "backoff", "protocol"),
    "Errors": ("errors",),
}
"""Modules of each section."""

HEAD: Final = """# The client library

<!-- Made by `make reference` from the docstrings in libs/client/resonance_client: do not edit. -->

`pip install ./libs/contracts ./libs/client`, then `import resonance_client`. Everything here is imported from
`resonance_client` itself; what is not here may change without a word. It is typed (PEP 561) and async. Guides:
[track from a backend](../how-to/track-from-a-backend.md), [subscribe to alerts](../how-to/subscribe-to-alerts.md);
programs that run: [`libs/client/examples`](../../libs/client/examples).
"""

HEADS: Final = {"Args": "argument", "Attributes": "attribute", "Raises": "raises"}


def page() -> str:
    """The document."""
    lines = [HEAD]
    for title, homes in PARTS.items():
        names = [name for home in homes for name in resonance_client._HOMES[home]]  # noqa: SLF001 - its own table.
        lines += [f"## {title}", "", ", ".join(f"[`{name}`](#{name.lower()})" for name in names), ""]
        for name in names:
            lines += [*_described(name, getattr(resonance_client, name))]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).rstrip("\n") + "\n"


def _described(name: str, value: Any) -> Iterator[str]:
    yield f"### {name}"
    yield ""
    if not isinstance(value, type) and not callable(value):
        yield from ("```text", f"{name} = {_plain(value)}", "```", "")
        return
    if isinstance(value, type) and issubclass(value, enum.Enum):
        yield from (*_text(inspect.getdoc(value) or ""), "")
        yield from ("Members: " + ", ".join(f"`{one.name}`" for one in value) + ".", "")
        return
    given = isinstance(value, type) and issubclass(value, BaseModel)
    if not given and not (isinstance(value, type) and issubclass(value, Exception)):
        yield from ("```text", f"{name}{_signature(value)}", "```", "")
    yield from (*_text(inspect.getdoc(value) or ""), "")
    if given:
        yield from ("| field | type |", "|---|---|", *_fields(value), "")
    if isinstance(value, type):
        for member, found in _members(value):
            kind = "" if callable(found) else ", a property"
            waits = "await " if inspect.iscoroutinefunction(found) else ""
            yield f"- **`{waits}{member}{_signature(found) if callable(found) else ''}`**{kind}: {_first(found)}"
        yield ""


def _fields(model: type[BaseModel]) -> Iterator[str]:
    """Fields of an event, with their types."""
    for name, field in model.model_fields.items():
        yield f"| `{name}` | `{_plain(field.annotation).replace('|', chr(92) + '|')}` |"


def _members(value: type) -> Iterator[tuple[str, Any]]:
    """Methods and properties of its own, in the order of the source."""
    for name, found in vars(value).items():
        found = found.__func__ if isinstance(found, classmethod | staticmethod) else found
        if not name.startswith("_") and (inspect.isfunction(found) or isinstance(found, property)):
            yield name, found


def _signature(value: Any) -> str:
    """Arguments as they stand in the source, and what comes back."""
    try:
        signature = inspect.signature(value)
    except ValueError:
        return "(…)"
    parts, only_named = [], False
    for one in signature.parameters.values():
        if one.name in ("self", "cls"):
            continue
        if one.kind is one.KEYWORD_ONLY and not only_named:
            only_named = True
            parts.append("*")
        annotation = "" if one.annotation is one.empty else f": {_plain(one.annotation)}"
        parts.append(one.name + annotation + ("" if one.default is one.empty else f" = {_default(one.default)}"))
    back = "" if isinstance(value, type) or not signature.return_annotation else signature.return_annotation
    return f"({', '.join(parts)})" + (f" -> {_plain(back)}" if back else "")


def _plain(annotation: Any) -> str:
    text = annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)
    return re.sub(r"\b(?:[a-z_]\w*\.)+(?=[A-Z])", "", text)


def _default(value: Any) -> str:
    if isinstance(value, enum.Enum):
        return str(value) if type(value).__str__ is not str.__str__ else f"{type(value).__name__}.{value.name}"
    if isinstance(value, frozenset):
        return "{" + ", ".join(sorted(map(repr, value))) + "}"
    plain = value is None or isinstance(value, str | int | float | tuple)
    return repr(value) if plain else getattr(value, "__name__", "…")


def _first(value: Any) -> str:
    """The first paragraph, on one line, and what is raised."""
    docstring = inspect.cleandoc(value.__doc__ or "")
    paragraph = " ".join(docstring.split("\n\n")[0].splitlines())
    raised = [name for title, entries in sections(docstring) if title == "Raises" for name, _ in entries]
    return paragraph + (f" Raises {', '.join(f'`{name}`' for name in raised)}." if raised else "")


def _text(docstring: str) -> Iterator[str]:
    """A docstring: what it says, then a table of each section."""
    yield from _fenced(prose(docstring))
    for title, entries in sections(docstring):
        if title in NAMELESS:
            yield from (f"{title}: {' '.join(says for _, says in entries)}", "")
            continue
        yield from (f"| {HEADS[title]} | |", "|---|---|")
        yield from (f"| `{name}` | {says.replace('|', chr(92) + '|')} |" for name, says in entries)
        yield ""


def _fenced(lines: list[str]) -> Iterator[str]:
    """Paragraphs as they are; what is indented is code."""
    inside = False
    for line in lines:
        code = line.startswith("    ") or (inside and not line)
        if code != inside:
            yield "```python" if code else "```"
            inside = code
        yield line.removeprefix("    ")
    if inside:
        yield "```"
    yield ""


if __name__ == "__main__":
    sys.stdout.write(page())
