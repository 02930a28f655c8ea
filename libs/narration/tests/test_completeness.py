"""Every feature, every kind, every role, in both languages."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import combinations, product

import pytest

from resonance_contracts.features import FEATURE_NAMES, FEATURES, INDEX, Group
from resonance_narration import (
    AlertFacts,
    AnomalyFacts,
    Detector,
    FeatureFact,
    FindingFact,
    Language,
    Reference,
    Role,
    Severity,
    StepFact,
    SumFact,
    Unit,
    UnknownLanguage,
    UnknownRole,
    WindowFact,
    describe_alert,
    explain,
)
from resonance_narration.languages import voice_of
from resonance_narration.themes import RULE_THEMES, Theme

HEADLINES = {
    "message_flood": "messages_per_minute",
    "error_spike": "error_rate",
    "rate_limit_abuse": "rate_limit_violations",
    "token_sharing": "jwt_token_reuse",
    "address_rotation": "ip_entropy",
    "clockwork_timing": "burstiness_score",
}
FINDINGS = {
    **{k: FindingFact(Detector.RULE, k, Severity.HIGH, (f,), 0.91, 0.53) for k, f in HEADLINES.items()},
    **{
        f"unusual_{group}": FindingFact(
            Detector.BASELINE, f"unusual_{group}", Severity.MEDIUM,
            tuple(f.name for f in FEATURES if f.group is group), 7.3, 4.1,
        )
        for group in Group
    },
    "unusual_behaviour": FindingFact(Detector.MODEL, "unusual_behaviour", Severity.CRITICAL, (), 1e-5, 1e-3),
    "my_own_rule": FindingFact(Detector.RULE, "my_own_rule", Severity.LOW, ("avg_message_size",), 52_000, 40_000),
}  # fmt: skip
EVIDENCE = tuple(FeatureFact(n, 0.91, 0.2, 0.3 - 0.02 * i, 0.1, 0.07) for i, n in enumerate(FEATURE_NAMES))
LOWER = tuple(FeatureFact(n, 0.02, 0.2, 0.3 - 0.02 * i, 0.1, 0.07) for i, n in enumerate(FEATURE_NAMES))
BLAME = re.compile(
    r"attacker|hacker|abuser|offender|culprit|criminal|malicious|guilty|intruder"
    r"|злоумышленни|хакер|нарушител|преступни|мошенни|виновн|вредител|взломщик",
    re.IGNORECASE,
)
CYRILLIC = re.compile("[а-яё]", re.IGNORECASE)
NATURAL_LANGUAGE = {Language.ENGLISH: False, Language.RUSSIAN: True}


def facts_of(kind: str, *, told: tuple[FeatureFact, ...] = EVIDENCE, resolved: bool = False) -> AlertFacts:
    return AlertFacts(
        FINDINGS[kind], resolved=resolved, vectors=37, seconds=250.0, evidence=told, reference=Reference.POPULATION,
        served_score=0.84, tail_probability=0.0005, baseline_weight=240,
    )  # fmt: skip


def sentences(text: str) -> int:
    return len(re.findall(r"[.?!](?=\s|$)", text))


def well_formed(text: str, language: Language) -> bool:
    """A capital at the beginning, a full stop at the end, the language's letters, nothing left to fill in."""
    whole = not re.search(r"[{}]|\bNone\b|\bnan\b|  |\s[.,;]|\.\.", text)
    first = text[0].isupper() or text[0].isdigit()
    return whole and first and text[-1] in ".?!" and bool(CYRILLIC.search(text)) is NATURAL_LANGUAGE[language]


@pytest.mark.parametrize("language", list(Language))
def test_every_feature_every_theme_and_every_role_has_words(language: Language) -> None:
    voice = voice_of(language)
    assert list(voice.features) == list(FEATURE_NAMES)
    assert set(voice.rules) == set(RULE_THEMES)
    assert set(voice.themes) == set(Theme)
    for role in Role:
        assert set(voice.advice[role].open) == set(Theme)


@pytest.mark.parametrize(
    ("kind", "role", "language", "told", "resolved"),
    list(product(FINDINGS, Role, Language, [(), EVIDENCE, LOWER], [False, True])),
)
def test_every_alert_is_told(
    kind: str, role: Role, language: Language, told: tuple[FeatureFact, ...], resolved: bool
) -> None:
    words = describe_alert(facts_of(kind, told=told, resolved=resolved), language, role)
    assert well_formed(words.title + ".", language) or kind == "my_own_rule"
    assert well_formed(words.summary, language)
    assert words.recommendations
    assert all(well_formed(step, language) for step in words.recommendations)
    assert not BLAME.search(" ".join([words.title, words.summary, *words.recommendations]))


@pytest.mark.parametrize(("kind", "language"), list(product(FINDINGS, Language)))
def test_roles_are_told_and_advised_different_things(kind: str, language: Language) -> None:
    told = [describe_alert(facts_of(kind), language, role) for role in Role]
    for one, other in combinations(told, 2):
        assert one.summary != other.summary
        assert not set(one.recommendations) & set(other.recommendations)


@pytest.mark.parametrize(("kind", "language"), list(product(FINDINGS, Language)))
def test_management_reads_no_values(kind: str, language: Language) -> None:
    words = describe_alert(facts_of(kind), language, Role.MANAGEMENT)
    assert "37" in words.summary
    assert not re.search(r"0[.,]91|0[.,]1\b|0[.,]84", words.summary)


@pytest.mark.parametrize(("kind", "language"), list(product(FINDINGS, Language)))
def test_developers_read_names_as_they_are_in_code(kind: str, language: Language) -> None:
    summary = describe_alert(facts_of(kind), language, Role.DEVELOPER).summary
    assert kind in summary
    assert (FINDINGS[kind].features or FEATURE_NAMES)[0] in summary


@pytest.mark.parametrize(("kind", "language"), list(product(FINDINGS, Language)))
def test_an_explanation_has_two_to_six_sentences(kind: str, language: Language) -> None:
    told = anomaly_of(kind)
    text = explain(told, language)
    for reasons in (EVIDENCE, EVIDENCE[5:]):
        compared = replace(told, against_usual=SumFact("score", reasons, 0.4, told.score))
        natural = explain(compared, language).natural
        assert sentences(natural) <= 5
        assert well_formed(natural, language)
        for shares in ((0.1, 9.0), (9.0, 0.1), (4.0, 5.0), (-4.0, -0.1), (-0.1, -4.0), (-3.0, -3.0)):
            steps = tuple(StepFact(2 - i, share) for i, share in enumerate(shares))
            window = WindowFact("lstm", steps, (), 7.0, 0.1, 7.1 + sum(shares))
            natural = explain(replace(compared, before=window), language).natural
            assert sentences(natural) <= 6
            assert well_formed(natural, language)
    assert 2 <= sentences(text.natural) <= 5
    assert well_formed(text.natural, language)
    assert not BLAME.search(text.natural)
    assert all(CYRILLIC.search(line) for line in text.technical.split("\n")) or language is Language.ENGLISH


@pytest.mark.parametrize(("name", "language"), list(product(FEATURE_NAMES, Language)))
def test_the_usual_value_is_told(name: str, language: Language) -> None:
    voice = voice_of(language)
    lead = EVIDENCE[INDEX[name]]
    finding = FindingFact(Detector.BASELINE, "unusual_volume", Severity.HIGH, (name,), 7.3, 4.1)
    text = explain(anomaly(finding), language).natural
    assert voice.features[name].usual(lead.usual or 0.0, 0) in text
    assert voice.features[name].short(lead.value, 0) in text


@pytest.mark.parametrize("language", list(Language))
def test_without_a_value_to_tell_there_are_words_still(language: Language) -> None:
    finding = FindingFact(Detector.RULE, "gone", Severity.LOW, ("no_such_feature",), 3.0, 2.0)
    bare = FindingFact(Detector.RULE, "bare", Severity.LOW)
    for one, role in product((finding, bare), Role):
        words = describe_alert(AlertFacts(one), language, role)
        assert words.title
        assert well_formed(words.summary, language)
        assert one.kind in words.title
    text = explain(AnomalyFacts((), (bare,), Severity.LOW, "rule"), language)
    assert 2 <= sentences(text.natural) <= 5


def test_unknown_languages_and_roles_are_refused() -> None:
    with pytest.raises(UnknownLanguage, match="got 'de'"):
        describe_alert(facts_of("message_flood"), "de", "devops")
    with pytest.raises(UnknownRole, match="devops, security"):
        describe_alert(facts_of("message_flood"), "en", "boss")


def anomaly_of(kind: str) -> AnomalyFacts:
    return anomaly(FINDINGS[kind])


def anomaly(*findings: FindingFact) -> AnomalyFacts:
    total = sum(f.attribution for f in EVIDENCE)
    return AnomalyFacts(
        EVIDENCE, findings, Severity.HIGH, "shapley-enumeration", Unit.SCORE, Reference.POPULATION, 0.4, 0.4 + total,
        0.0, 0.84, 0.0005, "anomaly_detection", "3f" * 32, "7c" * 32, 240,
    )  # fmt: skip
