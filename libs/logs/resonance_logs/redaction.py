"""Texts of a log without what can be told by its form to be secret or personal: addresses, names of accounts, keys."""

from __future__ import annotations

import re
from typing import Final

from resonance_logs.masks import masked_kinds

HIDDEN: Final = frozenset({"url", "email", "uuid", "mac", "ip", "host", "hex"})
_SECRET: Final = re.compile(
    r"(?P<key>(?:password|passwd|pwd|secret|token|api[_-]?key|access[_-]?key|authorization|cookie|session[_-]?id|"
    r"credential|signature|private[_-]?key)s?[\"']?\s?[=:]\s?[\"']?(?:(?:bearer|basic|digest)\s)?)(?P<value>[^\s,;\"'&)\]}]+)",
    re.IGNORECASE,
)
_BEARER: Final = re.compile(r"\b(?P<key>bearer|basic)\s(?P<value>[\w.~+/=-]{8,})", re.IGNORECASE)
_OPAQUE: Final = re.compile(r"(?<![\w/.-])(?=[\w+=-]*\d)(?=[\w+=-]*[A-Za-z])[\w+=-]{24,}(?![\w/.])")
_LONG_NUMBER: Final = re.compile(r"(?<![\w.])\+?\d(?:[ ()-]{0,2}\d){9,}(?!\w)")


def redacted(text: str) -> str:
    """The text with marks such as `<ip>`, `<user>` or `<secret>` in place of them; words and short numbers stay."""
    text = _SECRET.sub(r"\g<key><secret>", text)
    text = _BEARER.sub(r"\g<key> <secret>", text)
    text = masked_kinds(text, HIDDEN)
    text = _OPAQUE.sub("<secret>", text)
    return _LONG_NUMBER.sub("<num>", text)
