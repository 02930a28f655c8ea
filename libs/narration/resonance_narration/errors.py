"""What narration raises.

NarrationError (ValueError)
├── UnknownLanguage
└── UnknownRole
"""

from __future__ import annotations


class NarrationError(ValueError):
    """The facts cannot be told as asked."""


class UnknownLanguage(NarrationError):
    """The language is none of those spoken here."""

    def __init__(self, language: str) -> None:
        super().__init__(f"expected the language 'en' or 'ru', got {language!r}")


class UnknownRole(NarrationError):
    """The recipient's role is none of those written for."""

    def __init__(self, role: str, known: tuple[str, ...]) -> None:
        super().__init__(f"expected a role among {', '.join(known)}, got {role!r}")
