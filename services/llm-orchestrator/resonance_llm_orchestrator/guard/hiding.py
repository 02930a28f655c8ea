"""Facts as a provider may see them: nothing personal, nothing that could be taken for instructions.

Facts are a JSON object whose first level of keys is ours. What is under `OURS` was written by our code and stays. Every
other string is from outside, unless it is one of our own to the letter (see `ours`): words of operations and short
numbers stay (see `words`), all the rest is replaced by placeholders, the same for the same text, so that a provider can
still say that two things are one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from resonance_llm_orchestrator.guard.ours import ours
from resonance_llm_orchestrator.guard.words import is_known
from resonance_llm_orchestrator.plain_text import plain
from resonance_privacy import Pseudonyms
from resonance_privacy.redacting import replaced

OURS: Final = frozenset({"recipient_role", "severity", "severity_rule", "opened", "draft", "languages", "computed"})
"""Keys of the first level under which there is nothing from outside; `computed` is for what a task works out."""

WHO: Final = frozenset({"user", "user_id", "user_key", "player", "login", "email", "account"})
"""Keys whose values name somebody: they are hidden whole."""

LONGEST: Final = 400
DEEPEST: Final = 6
MOST: Final = 200
"""Characters of a string, levels, and entries of one level; what is beyond is left out."""

USER_KEY: Final = re.compile(r"u_[a-z2-7]{20,40}")
"""Pseudonyms that the gateway gave: they may be shown again."""

_TIME: Final = r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?(?:Z| UTC|[+-]\d\d:\d\d)?)?"
_MASK: Final = (
    r"<(?:\*|num|ip|id|hex|path|uuid|time|url|user|host|email|qty|secret|mac|address|phone|inn|snils|passport|card)>"
)
"""What stands in a log's template where its entries differ."""

_PLACEHOLDER: Final = re.compile(r"<[a-z_]{1,24}:[a-z]{10}>")
_WHOLE: Final = re.compile(rf"<[a-z_]{{1,24}}:[a-z]{{10}}>|{_MASK}|{_TIME}")
_TOKEN: Final = re.compile(rf"<[a-z_]{{1,24}}:[a-z]{{10}}>|{_MASK}|{_TIME}|\w+(?:[.,-]\w+)*|[.,:;%()=/+-]|\S")
_MARKS: Final = frozenset(".,:;%()=/+-")
_KEY: Final = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*", re.IGNORECASE)


@dataclass(slots=True)
class Hidden:
    """Facts with placeholders.

    Attributes:
        facts: What a provider is shown.
        known: What placeholders stand for that may be shown again.
        outside: Every string that came from outside, as it came but for what cannot be seen.
    """

    facts: Mapping[str, Any]
    known: dict[str, str] = field(default_factory=dict)
    outside: list[str] = field(default_factory=list)


def hidden(facts: Mapping[str, Any], pseudonyms: Pseudonyms) -> Hidden:
    """The facts as a provider may see them."""
    hiding = _Hiding(pseudonyms)
    shown = {key: value if key in OURS else hiding.of(value, key, 1) for key, value in facts.items()}
    return Hidden(shown, hiding.known, hiding.outside)


class _Hiding:
    def __init__(self, pseudonyms: Pseudonyms) -> None:
        self._pseudonyms = pseudonyms
        self._ours = ours()
        self.known: dict[str, str] = {}
        self.outside: list[str] = []

    def of(self, value: Any, key: str, depth: int) -> Any:
        if isinstance(value, str):
            return value if value in self._ours else self._text(plain(value, LONGEST), key)
        if isinstance(value, Mapping):
            inside = list(value.items())[:MOST] if depth < DEEPEST else []
            return {self._key(str(name)): self.of(one, str(name), depth + 1) for name, one in inside}
        if isinstance(value, (list, tuple)):
            return [self.of(one, key, depth + 1) for one in value[:MOST]] if depth < DEEPEST else []
        if isinstance(value, bool) or value is None or isinstance(value, (int, float)):
            return value
        return self._text(plain(str(value), LONGEST), key)

    def _key(self, name: str) -> str:
        if name in self._ours or (_KEY.fullmatch(name) and all(is_known(part) for part in name.split("_"))):
            return name
        self.outside.append(plain(name, LONGEST))
        return self._pseudonyms.of(name, "field").strip("<>").replace(":", "_")

    def _text(self, text: str, key: str) -> str:
        if not text or text in self._ours:
            return text
        self.outside.append(text)
        if key in WHO:
            return self._placeholder(text, "user")
        # What looks like a placeholder was not made by us.
        without = replaced(_PLACEHOLDER.sub(" ", text), lambda value, kind: f" {self._placeholder(value, kind)} ")
        return self._words(without)

    def _words(self, text: str) -> str:
        shown: list[str] = []
        strange: list[str] = []

        def close() -> None:
            if strange:
                shown.append(self._placeholder(" ".join(strange), "text"))
                strange.clear()

        for token in _TOKEN.findall(text):
            if _WHOLE.fullmatch(token) or is_known(token) or all(map(is_known, re.split("[._,-]", token))):
                close()
                shown.append(token)
            elif token in _MARKS:
                if not strange:
                    shown.append(token)
            else:
                strange.append(token)
        close()
        return re.sub(r" ([.,:;%)])", r"\1", " ".join(shown))

    def _placeholder(self, value: str, kind: str) -> str:
        placeholder = self._pseudonyms.of(value, kind)
        if USER_KEY.fullmatch(value):
            self.known[placeholder] = value
        return placeholder


def restored(text: str, known: Mapping[str, str]) -> str:
    """The text with what may be shown in the place of placeholders, and the kind in the place of the others."""
    return _PLACEHOLDER.sub(lambda m: known.get(m.group(), f"[{m.group()[1:].partition(':')[0]}]"), text)
