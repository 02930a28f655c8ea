"""What strangers may have written: names that may stand in our sentences, and everything else as data."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from resonance_llm_orchestrator.plain_text import leads_elsewhere, plain

LONGEST_NAME: Final = 64
LONGEST_VALUE: Final = 300
MOST_ENTRIES: Final = 40

# One word: no sentence, no address of a page and no mail address has this form.
_NAME: Final = re.compile(r"[^\W_][\w.:-]{0,63}")


def name_of(text: object) -> str:
    """The text where it is a name that may stand in a sentence: one word; else ""."""
    if not isinstance(text, str):
        return ""
    name = plain(text, LONGEST_NAME + 1)
    return name if _NAME.fullmatch(name) and not leads_elsewhere(name) else ""


def entries_of(fields: Mapping[str, Any], known: frozenset[str] = frozenset()) -> list[dict[str, Any]]:
    """Fields that nobody here reads, as data: name and value side by side, so that names are values too.

    Texts are cleaned and cut; what lies deeper is named by its path. At most 40 entries.
    """
    found: list[dict[str, Any]] = []
    for name, value in fields.items():
        if name not in known:
            _collect(plain(name, LONGEST_NAME), value, found)
    return found[:MOST_ENTRIES]


def _collect(path: str, value: Any, found: list[dict[str, Any]]) -> None:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            _collect(f"{path}.{plain(name, LONGEST_NAME)}", inner, found)
    elif isinstance(value, list):
        found.append({"name": path, "value": [_scalar(item) for item in value]})
    else:
        found.append({"name": path, "value": _scalar(value)})


def _scalar(value: Any) -> Any:
    return plain(value, LONGEST_VALUE) if isinstance(value, str) else value
