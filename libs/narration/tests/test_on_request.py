"""What is told on request: alerts of other systems, anomalies, models' answers and plans, whole in both languages."""

from __future__ import annotations

import re
from itertools import product
from math import nan

import pytest

from resonance_narration import (
    AlertFacts,
    AnalysisFacts,
    Detector,
    FeatureFact,
    FindingFact,
    Language,
    PredictionFacts,
    ReportedFacts,
    Role,
    Severity,
    Subject,
    UnknownLanguage,
    UnknownRole,
    tell_analysis,
    tell_causes,
    tell_message,
    tell_plan,
    tell_prediction,
    tell_reported,
)
from resonance_narration.en.reported import PHRASES as ENGLISH
from resonance_narration.ru.reported import PHRASES as RUSSIAN

BURSTS = FeatureFact("burstiness_score", 0.8, attribution=0.45, usual=0.1)
FEATURES = (
    BURSTS,
    FeatureFact("error_rate", 0.15, attribution=-0.18),
    FeatureFact("worst_area", nan, attribution=0.05),
)
FINDING = FindingFact(Detector.MODEL, "unusual_timing", Severity.HIGH, ("burstiness_score",))


@pytest.mark.parametrize(("language", "role", "subject"), list(product(Language, Role, Subject)))
def test_every_subject_is_told_to_every_reader_within_bounds(language: Language, role: Role, subject: Subject) -> None:
    told = tell_reported(ReportedFacts(subject, Severity.HIGH, "cpu", 0.5, 0.4, "web", "production", 3), language, role)
    lines = [told.words.summary, *told.words.recommendations, *told.causes]
    assert all(line[-1] in ".?" and len(line) <= 400 and "{" not in line for line in lines)
    assert 2 <= len(told.words.recommendations) <= 4 and 2 <= len(told.causes) <= 4
    cyrillic = [bool(re.search("[а-яё]", line)) for line in lines]
    assert set(cyrillic) == {language is Language.RUSSIAN}


@pytest.mark.parametrize(("language", "subject"), list(product(Language, Subject)))
def test_no_two_readers_get_the_same_advice(language: Language, subject: Subject) -> None:
    steps = [tell_reported(ReportedFacts(subject, Severity.LOW), language, role).words.recommendations for role in Role]
    assert len({step for own in steps for step in own}) == sum(map(len, steps))


@pytest.mark.parametrize(
    ("users", "total", "english", "russian"),
    [
        (0, None, "No user is affected.", "Пользователи не затронуты."),
        (1, None, "1 user is affected.", "Затронут 1 пользователь."),
        (2, None, "2 users are affected.", "Затронуты 2 пользователя."),
        (5, None, "5 users are affected.", "Затронуто 5 пользователей."),
        (11, None, "11 users are affected.", "Затронуто 11 пользователей."),
        (21, None, "21 users are affected.", "Затронут 21 пользователь."),
        (112, 10_000, "112 of 10,000 users are affected.", "Затронуто 112 пользователей из 10\u00a0000."),
        (1, 1, "1 of 1 user is affected.", "Затронут 1 пользователь из 1."),
    ],
)
def test_people_are_counted_in_the_right_form(users: int, total: int | None, english: str, russian: str) -> None:
    assert (ENGLISH.affected(users, total), RUSSIAN.affected(users, total)) == (english, russian)


@pytest.mark.parametrize(
    ("value", "threshold", "said"),
    [
        (0.25, 0.1, "Доля ошибок — 25\u00a0%, выше порога (10\u00a0%)."),
        (0.05, 0.1, "Доля ошибок — 5\u00a0%, ниже порога (10\u00a0%)."),
        (0.1, 0.1, "Доля ошибок — 10\u00a0%, ровно на пороге."),
        (0.25, None, "Доля ошибок — 25\u00a0%."),
        (None, 0.1, "Сигнал касается показателя «доля ошибок»; значение не указано."),
    ],
)
def test_a_value_is_told_by_its_side_of_the_threshold(value: float | None, threshold: float | None, said: str) -> None:
    facts = ReportedFacts(Subject.ERRORS, Severity.HIGH, "error_rate", value, threshold)
    assert tell_reported(facts, "ru", "devops").words.summary.startswith(said)


def test_a_message_is_all_of_it_as_one_text() -> None:
    words = tell_reported(ReportedFacts(Subject.ERRORS, Severity.HIGH), "en", "support").words
    lines = tell_message(words, "It broke", "en").splitlines()
    assert lines == [words.title, "Reported as: It broke", words.summary, *(f"- {s}" for s in words.recommendations)]
    assert tell_message(words, "", "en").splitlines()[1] == words.summary


def test_causes_speak_for_it_and_are_compared_with_the_usual() -> None:
    assert tell_causes(FEATURES, "en") == (
        "The rhythm of messages (a burstiness of 0.8, higher than the usual 0.1) carries 66% of the decision.",
        "worst_area carries 7.4% of the decision.",
    )
    assert tell_causes(FEATURES, "ru")[0] == (
        "Ритм сообщений (показатель неравномерности 0,8, обычно меньше: 0,1): вклад в решение — 66\u00a0%."
    )
    assert tell_causes((FeatureFact("error_rate", 0.1),), "en") == ()


@pytest.mark.parametrize(("language", "role"), list(product(Language, Role)))
def test_what_speaks_for_and_against_is_told_apart(language: Language, role: Role) -> None:
    words = tell_prediction(PredictionFacts("m", "anomaly", FEATURES, 0.85), language, role)
    if role is Role.DEVELOPER:
        assert "burstiness_score = 0" in words.summary and "\u22120" in words.summary
    else:
        against = {Language.ENGLISH: "What speaks against it: ", Language.RUSSIAN: "Против этого: "}[language]
        pro, _, contra = words.summary.partition(against)
        assert "worst_area" in pro and contra.partition(". ")[0].count(",") == 0
    assert "85" in words.summary and words.title.count("anomaly") == 1


def test_bursts_are_told_as_too_much_and_evenness_as_a_rhythm() -> None:
    bursts = tell_analysis(AnalysisFacts(FINDING, FEATURES), "en", "security")
    even = tell_analysis(AnalysisFacts(FINDING, (FeatureFact("burstiness_score", -0.9, usual=0.1),)), "en", "security")
    assert "Even intervals" not in bursts.summary and "volume alone" in bursts.summary
    assert "Even intervals" in even.summary


@pytest.mark.parametrize(("tail", "said"), [(0.001, "0.1% of ordinary"), (1e-30, "No ordinary"), (0.0, "No ordinary")])
def test_how_rare_it_is_is_told(tail: float, said: str) -> None:
    assert said in tell_analysis(AnalysisFacts(FINDING, FEATURES, 0.85, tail), "en", "devops").summary


def test_a_plan_says_its_order() -> None:
    plan = tell_plan(AlertFacts(FINDING), ["contain", "inform"], "ru", "devops")
    assert plan.title.startswith("План: ")
    assert plan.summary.endswith("По порядку: сдержать последствия и известить тех, кого это касается.")


def test_another_language_or_reader_is_refused() -> None:
    with pytest.raises(UnknownLanguage):
        tell_reported(ReportedFacts(Subject.ERRORS, Severity.LOW), "de", "devops")
    with pytest.raises(UnknownRole):
        tell_prediction(PredictionFacts("m", "p", FEATURES), "en", "president")
