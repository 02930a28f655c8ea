"""No text has a number that is not in the facts, or a plain rounding of one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import astuple
from math import nan

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resonance_contracts.features import FEATURES, Feature
from resonance_narration import (
    AlertFacts,
    AnomalyFacts,
    DayPart,
    Detector,
    FeatureFact,
    FindingFact,
    Language,
    Reference,
    RiseFact,
    Role,
    Severity,
    StepFact,
    SumFact,
    Unit,
    WeekPart,
    WindowFact,
    describe_alert,
    explain,
)

KINDS = {
    Detector.RULE: ["message_flood", "error_spike", "token_sharing", "clockwork_timing", "night_owls"],
    Detector.BASELINE: [f"unusual_{f.group}" for f in FEATURES],
    Detector.MODEL: ["unusual_behaviour"],
}
WHEN = st.none() | st.builds(WeekPart, st.integers(1, 7), st.sampled_from(DayPart), st.just("Europe/Berlin"))
MULTIPLES = st.floats(1.0, 1e4)
RISES = st.builds(RiseFact, st.sampled_from(Severity), MULTIPLES, MULTIPLES) | st.builds(
    RiseFact, st.just(Severity.LOW)
)
SCALES = (1.0, 100.0, 1 / 60, 1 / 3_600, 1 / 86_400, 1e-3, 1e-6, 1e-9)
"""Units that people read: percent, minutes, hours, days, kilobytes and up."""
NUMBER = re.compile(r"(?<![\w.,])\d+(?:[.,\u00a0]\d+)*(?:e[+-]?\d+)?")


def _values(feature: Feature) -> st.SearchStrategy[float]:
    return st.floats(max(feature.lower, -1.0), min(feature.upper, 1e8), allow_nan=False)


@st.composite
def _feature(draw: st.DrawFn, feature: Feature) -> FeatureFact:
    known = draw(st.booleans())
    return FeatureFact(
        feature.name, draw(_values(feature)), draw(_values(feature)), draw(st.floats(-0.5, 0.5)),
        draw(_values(feature)) if known else None, abs(draw(_values(feature))) if known else None,
        draw(_values(feature)),
    )  # fmt: skip


@st.composite
def _finding(draw: st.DrawFn) -> FindingFact:
    detector = draw(st.sampled_from(list(Detector)))
    feature = draw(st.sampled_from(FEATURES))
    features = () if detector is Detector.MODEL else (feature.name,)
    return FindingFact(
        detector, draw(st.sampled_from(KINDS[detector])), draw(st.sampled_from(list(Severity))), features,
        draw(_values(feature)), draw(_values(feature)),
    )  # fmt: skip


@st.composite
def _sum(draw: st.DrawFn, of: str) -> SumFact:
    features = sorted((draw(_feature(f)) for f in FEATURES[::3]), key=lambda f: -abs(f.attribution))
    base = draw(st.floats(0, 1))
    return SumFact(of, tuple(features), base, base + sum(f.attribution for f in features))


@st.composite
def _window(draw: st.DrawFn) -> WindowFact:
    shares = draw(st.lists(st.floats(-5, 5), min_size=1, max_size=16))
    steps = tuple(StepFact(len(shares) - place, share) for place, share in enumerate(shares))
    base, vector, total = draw(st.floats(0, 1)), draw(st.floats(0, 30)), sum(shares)
    features = (FeatureFact("error_rate", nan, None, 0.75 * total), FeatureFact("ip_entropy", nan, None, 0.25 * total))
    sampled = draw(st.booleans())
    return WindowFact("lstm", steps, features, vector, base, base + vector + total, draw(st.floats(0, 1)), sampled)


@st.composite
def anomalies(draw: st.DrawFn) -> AnomalyFacts:
    features = sorted((draw(_feature(f)) for f in FEATURES), key=lambda f: -abs(f.attribution))
    base = draw(st.floats(0, 1))
    return AnomalyFacts(
        tuple(features), tuple(draw(st.lists(_finding(), min_size=1, max_size=4))), Severity.HIGH,
        draw(st.sampled_from(["shapley-enumeration", "shapley-sampling"])),
        draw(st.sampled_from([Unit.SCORE, Unit.DEVIATIONS])),
        draw(st.sampled_from(list(Reference))), base, base + sum(f.attribution for f in features),
        draw(st.sampled_from([0.0, 1e-16])), draw(st.floats(0, 1)), draw(st.floats(0, 1)), "anomaly_detection",
        "3f" * 32, "7c" * 32, draw(st.integers(0, 10_000)), draw(st.sampled_from([0.0, 1e-16])),
        tuple(draw(_sum(name)) for name in draw(st.sampled_from([(), ("isolation_forest", "lstm")]))),
        draw(st.none() | _sum("score")), draw(st.none() | _sum("lstm")),
        draw(st.sampled_from([(), ("user_reference", "expected")])),
        draw(st.sampled_from([(), ("score", "detectors")])), draw(st.none() | _window()),
        draw(WHEN), draw(st.integers(2, 255)), draw(st.none() | _sum("score")),
    )  # fmt: skip


@st.composite
def alerts(draw: st.DrawFn) -> AlertFacts:
    anomaly = draw(anomalies())
    return AlertFacts(
        anomaly.findings[0], draw(st.booleans()), draw(st.integers(1, 10_000)), draw(st.floats(0, 1e6)),
        draw(st.booleans()), draw(st.sampled_from([(), anomaly.features])), anomaly.reference, anomaly.served_score,
        anomaly.tail_probability, anomaly.baseline_weight, anomaly.when, draw(st.none() | RISES),
    )  # fmt: skip


@settings(max_examples=80)
@given(anomalies(), st.sampled_from(list(Language)))
def test_explanations_say_only_facts(facts: AnomalyFacts, language: Language) -> None:
    text = explain(facts, language)
    assert not invented(text.natural, facts, language), text.natural
    # Attributions are rounded up or down so that they add up: at most one unit of the last place.
    assert not invented(text.technical, facts, language, units_off=1.0), text.technical


@settings(max_examples=120)
@given(alerts(), st.sampled_from(list(Language)), st.sampled_from(list(Role)))
def test_alerts_say_only_facts(facts: AlertFacts, language: Language, role: Role) -> None:
    words = describe_alert(facts, language, role)
    said = "\n".join([words.title, words.summary, *words.recommendations])
    assert not invented(said, facts, language), said


def test_the_check_finds_what_is_invented() -> None:
    facts = AlertFacts(FindingFact(Detector.RULE, "message_flood", Severity.LOW, (), 340.0, 100.0), vectors=7)
    assert invented("341 messages", facts, Language.ENGLISH) == ["341"]
    assert invented("340 messages, 7 times, 0.34 kB", facts, Language.ENGLISH) == []
    assert invented("порог 1,5", facts, Language.RUSSIAN) == ["1,5"]


def invented(text: str, facts: AnomalyFacts | AlertFacts, language: Language, units_off: float = 0.5) -> list[str]:
    """Numbers of the text that are no rounding of a fact."""
    allowed = [abs(fact) * scale for fact in _numbers(astuple(facts)) for scale in SCALES]
    for name in ("3f" * 32, "7c" * 32):
        text = text.replace(name, "")
    return [n for n in NUMBER.findall(text) if not any(_off(n, fact, language) <= units_off for fact in allowed)]


def _numbers(values: object) -> Iterator[float]:
    if isinstance(values, (tuple, list)):
        for value in values:
            yield from _numbers(value)
    elif isinstance(values, (int, float)) and not isinstance(values, bool):
        yield float(values)


def _off(written: str, fact: float, language: Language) -> float:
    """How far a written number is from a fact, in units of its last place."""
    plain = written.replace(",", "") if language is Language.ENGLISH else written.replace(",", ".")
    plain = plain.replace("\u00a0", "")
    digits, _, exponent = plain.partition("e")
    places = len(digits.partition(".")[2])
    return round(abs(float(plain) - fact) / 10.0 ** (int(exponent or 0) - places), 6)


@pytest.mark.parametrize("language", list(Language))
def test_the_same_facts_give_the_same_words(language: Language) -> None:
    facts = AlertFacts(FindingFact(Detector.RULE, "message_flood", Severity.HIGH, ("messages_per_minute",), 340, 100))
    assert describe_alert(facts, language, "devops") == describe_alert(facts, language, "devops")
