"""The facts that words are made from: nothing is said that is not here.

Everything is a plain frozen dataclass, so that any service can fill it and any test can invent it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from math import isfinite, nan

from resonance_narration.week import WeekPart


class Language(StrEnum):
    """BCP 47 tags of the languages spoken here."""

    ENGLISH = "en"
    RUSSIAN = "ru"


class Role(StrEnum):
    """Who reads an alert."""

    DEVOPS = "devops"
    SECURITY = "security"
    DEVELOPER = "developer"
    SUPPORT = "support"
    MANAGEMENT = "management"


class Severity(IntEnum):
    """How much an incident matters, with the numbers of the wire."""

    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4


class Detector(StrEnum):
    """Who noticed."""

    RULE = "rule"
    BASELINE = "baseline"
    MODEL = "model"


class Unit(StrEnum):
    """What attributions are measured in."""

    SCORE = "score"
    PROBABILITY = "probability"
    DEVIATIONS = "deviations"


class Reference(StrEnum):
    """Whose values an attribution compares with."""

    POPULATION = "population"
    USER = "user"


@dataclass(frozen=True, slots=True)
class FeatureFact:
    """One feature of the vector.

    Attributes:
        name: Name in the feature catalogue.
        value: Value in the vector, in the catalogue's unit.
        reference: Value that the attribution compares with; None where nothing was attributed.
        attribution: Share of (score - base) that the feature carries.
        usual: The user's own mean before this vector; None while it is not known.
        usual_spread: The user's own standard deviation; None while it is not known.
        usual_then: The user's own mean at that time of the week; None while it is not known.
    """

    name: str
    value: float
    reference: float | None = None
    attribution: float = 0.0
    usual: float | None = None
    usual_spread: float | None = None
    usual_then: float | None = None


@dataclass(frozen=True, slots=True)
class FindingFact:
    """One reason why the vector was flagged.

    Attributes:
        detector: Who noticed.
        kind: The rule's name, or the detector's kind.
        severity: How much it matters.
        features: Features that carried the decision, strongest first; may be empty.
        observed, threshold: For a rule, in the unit of its first feature; for a baseline, deviations from the
            user's normal; for a model, tail probabilities. Not finite where unknown.
    """

    detector: Detector
    kind: str
    severity: Severity
    features: tuple[str, ...] = ()
    observed: float = nan
    threshold: float = nan


@dataclass(frozen=True, slots=True)
class SumFact:
    """What something is made of: base + sum of attributions = score.

    Attributes:
        of: Name of the detector whose surprise it is; "score" where it is the score.
        features: What each feature adds, largest absolute attribution first, and what its value is compared with.
        base, score: As above.
        error_bound: How far attributions may be off.
    """

    of: str
    features: tuple[FeatureFact, ...]
    base: float
    score: float
    error_bound: float = 0.0


@dataclass(frozen=True, slots=True)
class StepFact:
    """What one of the vectors before adds to a surprise.

    Attributes:
        before: How many vectors before it is: 1 right before.
        attribution: What it adds.
    """

    before: int
    attribution: float


@dataclass(frozen=True, slots=True)
class WindowFact:
    """What the vectors before add to a surprise: base + vector + steps = base + vector + features = score.

    Attributes:
        of: Name of the detector whose surprise it is.
        steps: Of each vector before, oldest first.
        features: Of each feature of them, largest absolute attribution first, without values.
        vector: Of the vector itself.
        base, score: As above.
        error_bound: How far attributions may be off.
        sampled: Whether some coalitions stand for all.
    """

    of: str
    steps: tuple[StepFact, ...]
    features: tuple[FeatureFact, ...]
    vector: float
    base: float
    score: float
    error_bound: float = 0.0
    sampled: bool = False


@dataclass(frozen=True, slots=True)
class AnomalyFacts:
    """One anomalous vector and its attribution.

    Attributes:
        features: Every feature of the vector, largest absolute attribution first.
        findings: Why it was flagged, at least one.
        severity: Severity of the whole.
        method: "shapley-enumeration", "shapley-sampling", "baseline-deviation" or "rule".
        unit, reference: What the attributions are measured in and compared with; None where there are none.
        base, score, residual: base + sum of attributions = score, within residual.
        error_bound: How far attributions may be off, of a sample.
        served_score, tail_probability: What the model said, NaN where none scored.
        model_name, model_version, rules_version: What was in force; "" where nothing was.
        baseline_weight: Vectors the user's own normal was learned from.
        detectors: What each of the model's detectors says, against the same reference.
        against_usual: The score against the user's own normal; None where it was not computed.
        against_expected: What the detector that looks back says against what it had expected; None where nothing was.
        before: What the vectors before add to what the detector that looks back says; None where it was not computed.
        skipped: Names of what was left out under load.
        checks_failed: Names of the checks that failed.
        when: The part of the week that `usual_then` is of; None while it is not known.
        weeks: In how many weeks that was learned.
        against_usual_then: The score against the user's own normal at that time; None where it was not computed.
    """

    features: tuple[FeatureFact, ...]
    findings: tuple[FindingFact, ...]
    severity: Severity
    method: str
    unit: Unit | None = None
    reference: Reference | None = None
    base: float = 0.0
    score: float = 0.0
    error_bound: float = 0.0
    served_score: float = nan
    tail_probability: float = nan
    model_name: str = ""
    model_version: str = ""
    rules_version: str = ""
    baseline_weight: int = 0
    residual: float = 0.0
    detectors: tuple[SumFact, ...] = ()
    against_usual: SumFact | None = None
    against_expected: SumFact | None = None
    skipped: tuple[str, ...] = ()
    checks_failed: tuple[str, ...] = ()
    before: WindowFact | None = None
    when: WeekPart | None = None
    weeks: int = 0
    against_usual_then: SumFact | None = None


@dataclass(frozen=True, slots=True)
class RiseFact:
    """An incident became graver while it was open; what it is now says its finding.

    Attributes:
        before: How grave it was.
        evidence, enough: The evidence, and from which on it is so grave, as multiples of what makes an incident; NaN
            where a rule did it.
    """

    before: Severity
    evidence: float = nan
    enough: float = nan


@dataclass(frozen=True, slots=True)
class AlertFacts:
    """One incident, alone or with the explanation of the vector that opened it, or that made it graver.

    Attributes:
        finding: What opened it, or the rule's that made it graver.
        resolved: Whether it is over.
        vectors: Anomalous vectors counted so far.
        seconds: Event time from its opening to the last of them.
        replay: Whether the traffic is a recording.
        evidence: Features of the vector that was explained, strongest first; empty before it was explained.
        reference: What the evidence's references are; None before it was explained.
        served_score, tail_probability: What the model said, NaN where none scored or before the explanation.
        baseline_weight: Vectors the user's own normal was learned from.
        when: The part of the week that `usual_then` is of; None while it is not known.
        rise: How it became graver last; None where it did not.
    """

    finding: FindingFact
    resolved: bool = False
    vectors: int = 1
    seconds: float = 0.0
    replay: bool = False
    evidence: tuple[FeatureFact, ...] = ()
    reference: Reference | None = None
    served_score: float = nan
    tail_probability: float = nan
    baseline_weight: int = 0
    when: WeekPart | None = None
    rise: RiseFact | None = None


@dataclass(frozen=True, slots=True)
class Trait:
    """A feature of which a kind of users has more than others, or less."""

    name: str
    more: bool


@dataclass(frozen=True, slots=True)
class BehaviourFacts:
    """A kind of users.

    Attributes:
        traits: What sets them apart from others; empty where nothing does.
        apart: The feature that best tells those kinds apart that have the same traits.
        value: Its usual value, in the catalogue's unit.
    """

    traits: tuple[Trait, ...]
    apart: str
    value: float


@dataclass(frozen=True, slots=True)
class Text:
    """An explanation in words."""

    technical: str
    natural: str


@dataclass(frozen=True, slots=True)
class AlertWords:
    """An alert in words for one reader."""

    title: str
    summary: str
    recommendations: tuple[str, ...]


def known(value: float | None) -> bool:
    """Whether there is a number that can be told."""
    return value is not None and isfinite(value)
