"""Matchers: which incidents a route, an inhibition or a silence is about. Written as Alertmanager's: `severity="high"`.

A pattern is a list of alternatives with at most four wildcards: it cannot be made to run for ever.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Final

from resonance_llm_orchestrator.notifying.labels import NAMES, Labels, quoted
from resonance_tasks.silences import PATTERN

LONGEST_VALUE: Final = 256
_WRITTEN: Final = re.compile(r'\s*(\w+)\s*(=~|!~|!=|=)\s*(?:"((?:[^"\\]|\\.)*)"|([^"\s]+))\s*')
_PATTERN: Final = re.compile(PATTERN)


class Operator(StrEnum):
    """How a label is compared."""

    EQUAL = "="
    NOT_EQUAL = "!="
    MATCHES = "=~"
    DOES_NOT_MATCH = "!~"


@dataclass(frozen=True, slots=True, order=True)
class Matcher:
    """One comparison; a label that an incident has not is empty.

    Raises:
        ValueError: There is no such label, or the value is not one: a sentence.
    """

    label: str
    operator: Operator
    value: str

    def __post_init__(self) -> None:
        if self.label not in NAMES:
            raise ValueError(f"there is no label {self.label[:64]!r}; expected one of {', '.join(NAMES)}")
        if len(self.value) > LONGEST_VALUE:
            raise ValueError(f"a matcher's value has {len(self.value)} characters; expected at most {LONGEST_VALUE}")
        if self.operator in (Operator.MATCHES, Operator.DOES_NOT_MATCH):
            _checked(self.value)

    def holds(self, labels: Labels) -> bool:
        """Whether it holds of an incident."""
        found = labels.get(self.label, "")
        if self.operator is Operator.EQUAL:
            return found == self.value
        if self.operator is Operator.NOT_EQUAL:
            return found != self.value
        return (_compiled(self.value).fullmatch(found) is not None) == (self.operator is Operator.MATCHES)

    def __str__(self) -> str:
        return f"{self.label}{self.operator}{quoted(self.value)}"


Matchers = tuple[Matcher, ...]


def all_hold(matchers: Sequence[Matcher], labels: Labels) -> bool:
    """Whether every one holds; no matcher holds of everything."""
    return all(matcher.holds(labels) for matcher in matchers)


def parsed(written: str) -> Matcher:
    """A matcher as people write it.

    Raises:
        ValueError: It is not one.
    """
    found = _WRITTEN.fullmatch(written)
    if found is None:
        raise ValueError(
            f'{written[:100]!r} is not a matcher; expected one like severity="high" or kind=~"flood|climb"'
        )
    label, operator, text, bare = found.groups()
    value = bare if text is None else re.sub(r'\\(["\\])', r"\1", text)
    return Matcher(label, Operator(operator), value)


def in_braces(matchers: Sequence[Matcher]) -> str:
    """As Alertmanager writes several: `{kind="flood",severity="high"}`."""
    return "{" + ",".join(str(matcher) for matcher in sorted(matchers)) + "}"


def _checked(pattern: str) -> None:
    if _PATTERN.fullmatch(pattern) is None:
        raise ValueError(
            f"the pattern {pattern[:100]!r} is not one that is understood; expected alternatives like a|unusual_.*, "
            "of letters, digits, _ : / @ - and at most four times .* or .+"
        )


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.DOTALL)
