"""Texts of a log without what is personal or secret, and without what tells machines and accounts apart."""

from __future__ import annotations

import re
from typing import Final

from resonance_logs.masks import masked_kinds
from resonance_privacy import Kind
from resonance_privacy.redacting import replaced

APART: Final = frozenset({"url", "email", "uuid", "mac", "ip", "host", "hex"})
_OPAQUE: Final = re.compile(r"(?<![\w/.-])(?=[\w+=-]*\d)(?=[\w+=-]*[A-Za-z])[\w+=-]{24,}(?![\w/.])")
"""What no person reads is a key for all that anybody knows."""


def redacted(text: str) -> str:
    """The text with marks such as `<ip>`, `<user>`, `<phone>` or `<secret>` in place of them.

    What is personal or secret is found by `resonance_privacy`, and has the marks of a log's templates here.
    """
    return _OPAQUE.sub("<secret>", replaced(masked_kinds(text, APART), lambda _, kind: _mark(kind)))


def _mark(kind: Kind) -> str:
    return "<secret>" if kind is Kind.CREDENTIAL else f"<{kind}>"
