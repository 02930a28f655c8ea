"""Finds personal data and secrets in texts, and takes them out."""

from resonance_privacy.finding import Kind, Span, find
from resonance_privacy.redacting import Pseudonyms, redacted

__all__ = ["Kind", "Pseudonyms", "Span", "find", "redacted"]
