"""Every part of the week in both languages, and where texts say it."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest

from resonance_contracts.features import FEATURE_NAMES
from resonance_contracts.pb.resonance.v1 import detection_pb2 as detection
from resonance_contracts.pb.resonance.v1 import explanation_pb2 as explanation
from resonance_narration import (
    AlertFacts,
    AnomalyFacts,
    DayPart,
    Detector,
    FeatureFact,
    FindingFact,
    Reference,
    Severity,
    SumFact,
    Unit,
    WeekPart,
    anomaly_facts,
    describe_alert,
    explain,
)
from resonance_narration.languages import voice_of

EVERY = list(product(range(1, 8), DayPart))
ENGLISH = """
in the small hours of a Monday, on a Monday morning, on a Monday afternoon, on a Monday evening
in the small hours of a Tuesday, on a Tuesday morning, on a Tuesday afternoon, on a Tuesday evening
in the small hours of a Wednesday, on a Wednesday morning, on a Wednesday afternoon, on a Wednesday evening
in the small hours of a Thursday, on a Thursday morning, on a Thursday afternoon, on a Thursday evening
in the small hours of a Friday, on a Friday morning, on a Friday afternoon, on a Friday evening
in the small hours of a Saturday, on a Saturday morning, on a Saturday afternoon, on a Saturday evening
in the small hours of a Sunday, on a Sunday morning, on a Sunday afternoon, on a Sunday evening
"""
RUSSIAN = """
в ночь на понедельник, в понедельник утром, в понедельник днём, в понедельник вечером
в ночь на вторник, во вторник утром, во вторник днём, во вторник вечером
в ночь на среду, в среду утром, в среду днём, в среду вечером
в ночь на четверг, в четверг утром, в четверг днём, в четверг вечером
в ночь на пятницу, в пятницу утром, в пятницу днём, в пятницу вечером
в ночь на субботу, в субботу утром, в субботу днём, в субботу вечером
в ночь на воскресенье, в воскресенье утром, в воскресенье днём, в воскресенье вечером
"""
TUESDAY = WeekPart(2, DayPart.EVENING, "Europe/Berlin")
FEATURES = (
    FeatureFact("messages_per_minute", 340.0, 12.0, 0.25, usual=11.6, usual_spread=4.1, usual_then=31.0),
    FeatureFact("error_rate", 0.62, 0.01, 0.125, usual=0.012, usual_spread=0.02, usual_then=0.01),
)
MODEL = FindingFact(Detector.MODEL, "unusual_behaviour", Severity.MEDIUM, (), 0.0005, 0.01)
FACTS = AnomalyFacts(
    FEATURES, (MODEL,), Severity.HIGH, "shapley-enumeration", Unit.SCORE, Reference.POPULATION, 0.3475, 0.7225, 0.0,
    0.7225, 0.0005, "anomaly_detection", "3f" * 32, when=TUESDAY, weeks=3,
    against_usual_then=SumFact("score", (FeatureFact("messages_per_minute", 340.0, 31.0, 0.4),), 0.3225, 0.7225),
)  # fmt: skip


@pytest.mark.parametrize(("language", "listed"), [("en", ENGLISH), ("ru", RUSSIAN)])
def test_all_parts_of_the_week(language: str, listed: str) -> None:
    expected = [part for line in listed.strip().split("\n") for part in line.split(", ")]
    assert [voice_of(language).week[one] for one in EVERY] == expected


def test_english_compares_with_that_time_of_the_week() -> None:
    natural = explain(FACTS, "en").natural
    assert natural.startswith("The account sent 340 messages a minute instead of the usual 31 on a Tuesday evening. ")
    assert (
        "The main reasons are the message rate and the share of errors (62%); compared with what is usual for this "
        "account on a Tuesday evening: the message rate." in natural
    )


def test_russian_compares_with_that_time_of_the_week() -> None:
    natural = explain(FACTS, "ru").natural
    assert natural.startswith("Учётная запись отправляла 340 сообщений в минуту, обычно во вторник вечером — 31. ")
    assert "; по сравнению с обычным для этой учётной записи во вторник вечером: частота сообщений." in natural


def test_reasons_that_are_the_same_and_values_that_are_ordinary_then_are_said_so() -> None:
    same = replace(FACTS, against_usual_then=SumFact("score", FEATURES, 0.3475, 0.7225))
    assert ", also compared with what is usual for this account on a Tuesday evening." in explain(same, "en").natural
    assert (
        "в том числе по сравнению с обычным для этой учётной записи во вторник вечером." in explain(same, "ru").natural
    )
    ordinary = replace(FACTS, features=(replace(FEATURES[0], usual_then=340.0),))
    assert "sent 340 messages a minute, as usual on a Tuesday evening." in explain(ordinary, "en").natural
    assert "340 сообщений в минуту, как обычно во вторник вечером." in explain(ordinary, "ru").natural


@pytest.mark.parametrize(
    ("weeks", "english", "russian"),
    [(2, "2 weeks", "2 недели"), (5, "5 weeks", "5 недель"), (21, "21 weeks", "21 неделю")],
)
def test_the_technical_text_says_where_and_from_how_many_weeks(weeks: int, english: str, russian: str) -> None:
    facts = replace(FACTS, weeks=weeks)
    assert (
        f"Against the account's own usual values on a Tuesday evening, Europe/Berlin time, learned in {english} (in "
        "brackets): 0.7225 = base 0.3225 + messages_per_minute 0.4000 (31)." in explain(facts, "en").technical
    )
    told = explain(facts, "ru").technical
    assert "самой учётной записи во вторник вечером по времени Europe/Berlin, собранных за " in told
    assert f" за {russian} (в скобках): 0,7225 = база 0,3225 + messages_per_minute 0,4000 (31)." in told


@pytest.mark.parametrize(("language", "weekday", "part"), [(tag, *one) for tag in ("en", "ru") for one in EVERY])
def test_each_part_is_told_in_both_texts(language: str, weekday: int, part: DayPart) -> None:
    facts = replace(FACTS, when=WeekPart(weekday, part, "Asia/Tokyo"))
    said = voice_of(language).week[weekday, part]
    text = explain(facts, language)
    assert said in text.natural
    assert f"{said}, Asia/Tokyo" in text.technical or f"{said} по времени Asia/Tokyo" in text.technical


def test_an_alert_speaks_of_that_time_too() -> None:
    facts = AlertFacts(MODEL, evidence=FEATURES, reference=Reference.POPULATION, when=TUESDAY)
    assert "instead of the usual 31 on a Tuesday evening" in describe_alert(facts, "en", "devops").summary


def told(**when: int) -> explanation.Explanation:
    usual = detection.UsualThen(values=[1.5] * len(FEATURE_NAMES), minutes=80.0, weeks=3)
    usual.when.MergeFrom(detection.WeekPart(time_zone="UTC", **when))
    return explanation.Explanation(
        reference="population",
        attributions=[explanation.FeatureAttribution(feature="error_rate", value=0.5, reference=0.1, attribution=0.2)],
        comparisons=[
            explanation.Comparison(
                of="score", reference="user_then", score=0.5, base_value=0.3,
                reference_values=[1.5] * len(FEATURE_NAMES), attributions=[0.2, *[0.0] * (len(FEATURE_NAMES) - 1)],
            )
        ],
        anomaly=detection.Anomaly(values=[1.0] * len(FEATURE_NAMES), usual_then=usual),
    )  # fmt: skip


def test_facts_come_from_the_wire() -> None:
    facts = anomaly_facts(told(weekday=2, part=4))
    assert facts.when == WeekPart(2, DayPart.EVENING, "UTC")
    assert (facts.weeks, facts.features[0].usual_then) == (3, 1.5)
    assert facts.against_usual_then is not None
    assert facts.against_usual_then.features[0].reference == 1.5


@pytest.mark.parametrize(("weekday", "part"), [(0, 4), (8, 1), (3, 0), (3, 5)])
def test_a_part_of_no_week_is_not_told(weekday: int, part: int) -> None:
    facts = anomaly_facts(told(weekday=weekday, part=part))
    assert facts.when is None
    assert "usual" not in explain(facts, "en").natural
