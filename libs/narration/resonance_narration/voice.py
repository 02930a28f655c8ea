"""What a language has to bring: words as data, grammar as functions. The telling itself is shared."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from resonance_narration.asked_phrases import AskedPhrases
from resonance_narration.facts import Detector, Role, Severity
from resonance_narration.numbers import NumberStyle
from resonance_narration.themes import Theme
from resonance_narration.week import DayPart

Say = Callable[[float, int], str]
"""Words for a value, with so many decimal places more than usual."""


@dataclass(frozen=True, slots=True)
class FeatureWords:
    """How one feature is spoken of.

    Attributes:
        label: Name for people, inside a sentence.
        high, low: Noun phrases for more and for less than usual, inside a sentence.
        much, little: Noun phrases for what a kind of users has or does, compared with others.
        statement: Sentence without its full stop; {value} and {versus} are filled in.
        value: Value with its unit in words.
        told: The value as the statement needs it (another case, or other words).
        short: Value where the unit was just named.
        usual: The usual value after "instead of the usual".
        spread: How much the value varies.
    """

    label: str
    high: str
    low: str
    much: str
    little: str
    statement: str
    value: Say
    told: Say
    short: Say
    usual: Say
    spread: Say


@dataclass(frozen=True, slots=True)
class Aim:
    """How a feature is spoken of where somebody is told to change it.

    Attributes:
        what: Its name, as the object of a verb.
        value: The value after "to", as short as can be.
    """

    what: str
    value: Say


@dataclass(frozen=True, slots=True)
class ThemeWords:
    """How a theme is spoken of where no rule names it: a title, and the next step for whoever is on duty."""

    title: str
    next_step: str


@dataclass(frozen=True, slots=True)
class Advice:
    """What one role should know of a theme (one sentence) and do about it."""

    note: str
    steps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RoleAdvice:
    """What one role is told: by theme while the incident is open, and once it is over."""

    open: Mapping[Theme, Advice]
    resolved: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Phrases:
    """Sentences and their parts; the names in braces are filled in."""

    conjunction: str
    instead_of_usual: str
    as_usual: str
    instead_of_usual_then: str
    as_usual_then: str
    against_typical: str
    as_typical: str
    something_unusual: str
    rule: str
    rule_bare: str
    baseline: str
    baseline_steady: str
    baseline_bare: str
    model: str
    model_unseen: str
    model_bare: str
    custom_rule_title: str
    resolved_title: str
    one_reason: str
    reasons: str
    compared_with_usual: str
    also_compared_with_usual: str
    before_made_it: str
    before_eased_it: str
    right_before: str
    one_before: str
    advice: str
    so_far: str
    so_far_lasting: str
    over: str
    over_lasting: str
    replay: str
    severity_sentence: str
    risen_title: str
    risen: str
    risen_by_rule: str
    risen_by_evidence: str
    developer_line: str
    developer_threshold: str
    developer_kind: str
    ordinary_behaviour: str
    technical_method: Mapping[str, str]
    technical_reference: Mapping[str, str]
    technical_model: str
    technical_no_attribution: str
    technical_sum: str
    technical_unit: Mapping[str, str]
    technical_feature: str
    technical_against: str
    technical_usual: str
    technical_finding: str
    technical_compared: str
    technical_score: str
    technical_rules: str
    technical_bound: str
    technical_against_usual: str
    technical_against_usual_then: str
    technical_against_expected: str
    technical_before: str
    technical_before_features: str
    technical_itself: str
    technical_before_bound: str
    technical_detectors: str
    technical_detector: str
    technical_detector_mainly: str
    technical_skipped: str
    technical_parts: Mapping[str, str]
    technical_checks: Mapping[str, str]


class Grammar(Protocol):
    """What cannot be data."""

    style: NumberStyle

    def number(self, value: float, extra: int = 0) -> str:
        """A bare number."""

    def percent(self, share: float, extra: int = 0) -> str:
        """A share, 0 to 1, in percent."""

    def duration(self, seconds: float, extra: int = 0) -> str:
        """A stretch of time in words."""

    def observations(self, count: int) -> str:
        """So many anomalous observations, as the subject of a sentence."""

    def weeks(self, count: int) -> str:
        """So many weeks that something was learned in."""

    def learned_from(self, count: int) -> str:
        """A remark in brackets that so many observations taught this, with the space before it."""

    def before(self, count: int) -> str:
        """The vector so many before this one, as the name of a term."""

    def last_before(self, count: int) -> str:
        """So many observations before this one, two or more, as one subject."""

    def ordinal(self, place: int) -> str:
        """A place in a row, as it stands before an observation."""


@dataclass(frozen=True, slots=True)
class Voice:
    """One language."""

    grammar: Grammar
    features: Mapping[str, FeatureWords]
    aims: Mapping[str, Aim]
    rules: Mapping[str, str]
    themes: Mapping[Theme, ThemeWords]
    phrases: Phrases
    severities: Mapping[Severity, str]
    detectors: Mapping[Detector, str]
    advice: Mapping[Role, RoleAdvice]
    asked: AskedPhrases
    week: Mapping[tuple[int, DayPart], str]
