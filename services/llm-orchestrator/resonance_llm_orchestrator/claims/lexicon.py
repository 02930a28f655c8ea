"""How a language speaks of features and of more and less, as patterns for texts in lower case."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

UP, DOWN, NEITHER = 1, -1, 0

MESSAGES: Final[Mapping[str, int]] = {
    "messages_per_minute": 1, "channel_activity": 1, "avg_message_size": 0, "error_rate": 0, "burstiness_score": 0,
    "rate_limit_violations": 0, "requests_per_user": 0,
}  # fmt: skip
"""What may be meant by messages alone; see `Term.features`."""


@dataclass(frozen=True, slots=True)
class Term:
    """Words that a feature is spoken of by.

    Attributes:
        pattern: What they look like.
        features: Features that may be meant. 1 where more of the words is a higher value, -1 where it is a lower one
            (more logins are shorter intervals), 0 where more and less of them say nothing of it.
        named: Whether nothing else is called so: then the words alone speak of the feature.
        says: What the words say by themselves: UP or DOWN ("larger messages"), else NEITHER.
    """

    pattern: str
    features: Mapping[str, int]
    named: bool = False
    says: int = NEITHER


@dataclass(frozen=True)
class Lexicon:
    """One language.

    Attributes:
        terms: The longer ones first.
        more, less: Words for more and less.
        larger, smaller: The same of sizes: of many messages they do not say that there are more.
        unusual: Words for what is out of the ordinary.
        hedges: Words of a sentence that tells what may be, not what is.
        guesses: Words of one that says it is so, but not for sure.
        raises, lowers: Verbs for what a feature does to a score.
        scores: Words for scores.
        before_no: What stands before a word for more or less that is not meant so.
        before_turned: What stands before it where it is the usual value that is more or less.
        than: What stands between more or less and the number that is compared with; one group with the word before.
        between: Pattern of a change from one number to another; groups `up` or `down`, `a` and `b`.
        joints: What ends a clause.
        severity: Where a severity is said; one of its groups is the beginning of a key of `grades`.
        grades: Severities by how their words begin.
        times: What follows a number that is a factor.
        decimal: The decimal mark; the other one parts thousands.
    """

    terms: Sequence[Term]
    more: str
    less: str
    larger: str
    smaller: str
    unusual: str
    hedges: str
    guesses: str
    raises: str
    lowers: str
    scores: str
    before_no: re.Pattern[str]
    before_turned: re.Pattern[str]
    than: re.Pattern[str]
    between: re.Pattern[str]
    joints: re.Pattern[str]
    severity: re.Pattern[str]
    grades: Mapping[str, str]
    times: re.Pattern[str]
    decimal: str

    @cached_property
    def words(self) -> re.Pattern[str]:
        """All of them; the name of the group says which."""
        groups = [f"(?P<t{place}>{term.pattern})" for place, term in enumerate(self.terms)]
        named = (
            ("hedge", self.hedges),
            ("guess", self.guesses),
            ("raises", self.raises),
            ("lowers", self.lowers),
            ("score", self.scores),
            ("more", self.more),
            ("less", self.less),
            ("larger", self.larger),
            ("smaller", self.smaller),
            ("unusual", self.unusual),
        )
        return re.compile(rf"\b(?:{'|'.join([*groups, *(f'(?P<{name}>{text})' for name, text in named)])})\b")
