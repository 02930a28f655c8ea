"""Texts in full, as an operator reads them."""

from __future__ import annotations

from dataclasses import replace
from math import nan

import pytest

from resonance_narration import (
    AlertFacts,
    AnomalyFacts,
    Detector,
    FeatureFact,
    FindingFact,
    Language,
    Reference,
    RiseFact,
    Severity,
    StepFact,
    SumFact,
    Unit,
    WindowFact,
    describe_alert,
    explain,
)
from resonance_narration.numbers import MINUS

FLOOD = FindingFact(Detector.RULE, "message_flood", Severity.HIGH, ("messages_per_minute",), 340.0, 100.0)
ERRORS = FindingFact(Detector.BASELINE, "unusual_errors", Severity.MEDIUM, ("error_rate",), 9.0, 4.0)
MODEL = FindingFact(Detector.MODEL, "unusual_behaviour", Severity.MEDIUM, (), 0.0005, 0.01)
FEATURES = (
    FeatureFact("messages_per_minute", 340.0, 12.0, 0.25, usual=11.6, usual_spread=4.1),
    FeatureFact("error_rate", 0.62, 0.01, 0.125, usual=0.012, usual_spread=0.02),
    FeatureFact("login_intervals", 3_600.0, 1_800.0, -0.0625, usual=3_600.0, usual_spread=0.0),
)
FACTS = AnomalyFacts(
    FEATURES, (FLOOD,), Severity.HIGH, "shapley-enumeration", Unit.SCORE, Reference.POPULATION, 0.41, 0.7225, 1e-16,
    0.7225, 0.0005, "anomaly_detection", "3f" * 32, "", 240, residual=1e-16,
)  # fmt: skip
GAP = "\u00a0"


def test_english_natural() -> None:
    assert explain(FACTS, "en").natural == (
        "The account sent 340 messages a minute instead of the usual 12. "
        "The rule message_flood flagged it: its threshold is 100 messages a minute. "
        "The main reasons are the message rate and the share of errors (62%). "
        "What to do: see whether other users are slowed; if they are, lower this account's rate limit."
    )


def test_russian_natural() -> None:
    assert explain(FACTS, "ru").natural == (
        "Учётная запись отправляла 340 сообщений в минуту, обычно — 12. "
        "Сработало правило message_flood: его порог — 100 сообщений в минуту. "
        f"Главные причины: частота сообщений и доля ошибок (62{GAP}%). "
        "Что делать: посмотрите, не замедлилась ли работа у других пользователей; если да, снизьте лимит этой "
        "учётной записи."
    )


def test_technical_terms_add_up() -> None:
    technical = explain(FACTS, "en").technical
    assert "Method: exact Shapley values by enumeration, reference: the population's medians." in technical
    assert f"Model anomaly_detection, version {'3f' * 32}." in technical
    assert (
        "0.7225 = base 0.4100 + messages_per_minute 0.2500 + error_rate 0.1250 \u2212 login_intervals 0.0625; "
        "residual 1e-16." in technical
    )
    assert (
        "messages_per_minute: 340 messages a minute, reference 12, usual 11.6 ± 4.1, attribution +0.2500" in technical
    )


def test_a_baseline_speaks_of_spread_and_of_what_taught_it() -> None:
    facts = replace(FACTS, findings=(ERRORS,))
    assert "which varies by about 2 percentage points (learned from 240 observations)" in explain(facts, "en").natural
    assert "обычный разброс — 2 процентных пункта (по 240 наблюдениям)" in explain(facts, "ru").natural


def test_a_normal_that_never_changed_is_called_so() -> None:
    steady = replace(ERRORS, features=("login_intervals",))
    facts = replace(FACTS, findings=(steady,))
    assert "was an hour or more, as usual" in explain(facts, "en").natural
    assert "hardly ever changes" in explain(facts, "en").natural
    assert "почти не меняется" in explain(facts, "ru").natural


def test_a_model_speaks_of_score_and_of_how_rare_it_is() -> None:
    facts = replace(FACTS, findings=(MODEL,))
    assert "a score of 0.72 on a scale from zero to one; 0.05% of ordinary activity" in explain(facts, "en").natural
    assert f"получает 0,05{GAP}% обычной активности" in explain(facts, "ru").natural
    unscored = replace(facts, served_score=nan, tail_probability=nan)
    assert "The model flagged the combination of values." in explain(unscored, "en").natural


def test_the_gravest_finding_comes_first_then_another_detector() -> None:
    other_rule = replace(FLOOD, kind="night_owls", severity=Severity.HIGH)
    natural = explain(replace(FACTS, findings=(MODEL, FLOOD, other_rule)), "en").natural
    assert natural.index("The rule message_flood") < natural.index("The model")
    assert "night_owls" not in natural


def test_values_that_round_to_the_same_are_told_apart() -> None:
    close = replace(FEATURES[0], value=12.4, usual=12.0)
    facts = replace(FACTS, features=(close,))
    assert "sent 12.4 messages a minute instead of the usual 12." in explain(facts, "en").natural
    same = replace(close, value=12.0)
    assert "sent 12 messages a minute, as usual." in explain(replace(facts, features=(same,)), "en").natural


def test_without_a_usual_value_the_typical_one_is_told() -> None:
    stranger = tuple(replace(f, usual=None, usual_spread=None) for f in FEATURES)
    facts = replace(FACTS, features=stranger)
    assert "340 messages a minute against 12 for a typical user" in explain(facts, "en").natural
    assert "340 сообщений в минуту, у типичного пользователя — 12" in explain(facts, "ru").natural


@pytest.mark.parametrize(
    ("value", "title_en", "title_ru"),
    [
        (0.62, "An unusual share of errors: 62%", f"Необычно высокая доля ошибок: 62{GAP}%"),
        (0.001, "Unusually few errors: 0.1%", f"Необычно низкая доля ошибок: 0,1{GAP}%"),
    ],
)
def test_a_title_says_which_way(value: float, title_en: str, title_ru: str) -> None:
    evidence = (replace(FEATURES[1], value=value),)
    facts = AlertFacts(ERRORS, evidence=evidence)
    assert describe_alert(facts, "en", "devops").title == title_en
    assert describe_alert(facts, "ru", "devops").title == title_ru


def test_less_than_usual_is_not_advised_against_as_too_much() -> None:
    quiet = FindingFact(Detector.BASELINE, "unusual_volume", Severity.LOW, ("messages_per_minute",), 5.0, 4.0)
    facts = AlertFacts(quiet, evidence=(replace(FEATURES[0], value=0.0),))
    words = describe_alert(facts, "en", "devops")
    assert words.title == "Unusually few messages: 0 messages a minute"
    assert not any("rate limit" in step for step in words.recommendations)


def test_a_rule_of_the_operator_is_told_by_its_feature() -> None:
    own = FindingFact(Detector.RULE, "big_uploads", Severity.LOW, ("avg_message_size",), 52_000.0, 40_000.0)
    words = describe_alert(AlertFacts(own), "ru", "devops")
    assert words.title == "Правило big_uploads: 52 кБ"
    assert "его порог — 40 кБ" in words.summary
    assert words.recommendations == describe_alert(AlertFacts(FLOOD), "ru", "devops").recommendations


GRAVER = replace(FLOOD, severity=Severity.CRITICAL, observed=1500.0, threshold=1000.0)


def test_an_incident_that_became_graver_says_what_it_was_what_it_is_and_which_number_did_it() -> None:
    facts = AlertFacts(GRAVER, vectors=9, rise=RiseFact(Severity.HIGH))
    words = {language: describe_alert(facts, language, "devops") for language in Language}
    assert words[Language.ENGLISH].title == "Flood of messages: 1,500 messages a minute (was high, now critical)"
    assert words[Language.ENGLISH].summary.startswith(
        "The incident was of high severity and is critical now: 1,500 messages a minute, where the threshold for that "
        "is 1,000 messages a minute. The account sent 1,500 messages a minute."
    )
    assert words[Language.RUSSIAN].title == (
        "Поток сообщений: 1500 сообщений в минуту (был высокой важности, теперь — критической)"
    )
    assert words[Language.RUSSIAN].summary.startswith(
        "Инцидент был высокой важности, теперь — критической: 1500 сообщений в минуту, порог для этого — "
        "1000 сообщений в минуту. "
    )


def test_what_evidence_made_graver_is_told_in_multiples_and_to_some_without_any_number() -> None:
    finding = FindingFact(Detector.BASELINE, "unusual_volume", Severity.HIGH, ("messages_per_minute",), 8.0, 3.5)
    facts = AlertFacts(finding, rise=RiseFact(Severity.LOW, 3.21, 3.2))
    assert describe_alert(facts, "en", "devops").summary.startswith(
        "The incident was of low severity and is high now: the evidence has come to 3.21 times what makes an incident, "
        "where 3.2 times are enough for that."
    )
    assert "— 3,21, для этого достаточно 3,2." in describe_alert(facts, "ru", "security").summary
    for role in ("support", "management"):
        summary = describe_alert(facts, "en", role).summary
        assert summary.startswith("The incident was of low severity and is high now. "), summary
        assert "3.2" not in summary


def test_of_an_incident_that_is_over_it_is_not_told_any_more_that_it_became_graver() -> None:
    facts = AlertFacts(GRAVER, resolved=True, vectors=9, rise=RiseFact(Severity.HIGH))
    words = describe_alert(facts, "en", "devops")
    assert words.title == "Resolved: flood of messages" and "high" not in words.summary


def test_a_resolved_incident_says_how_much_and_how_long() -> None:
    facts = AlertFacts(FLOOD, resolved=True, vectors=21, seconds=240.0, replay=True)
    words = describe_alert(facts, "ru", "devops")
    assert words.title == "Завершено: поток сообщений"
    assert "Инцидент завершён: 21 аномальное наблюдение, длительность — 4 минуты." in words.summary
    assert words.summary.endswith("Это воспроизведение записанного трафика, а не живой трафик.")
    assert describe_alert(facts, "en", "devops").title == "Resolved: flood of messages"


def test_a_vector_that_nobody_flagged_gets_the_models_opinion_and_no_advice() -> None:
    natural = explain(replace(FACTS, findings=(), tail_probability=0.31), "en").natural
    assert natural == (
        "The account sent 340 messages a minute instead of the usual 12. "
        "The model gave it a score of 0.72 on a scale from zero to one; 31% of ordinary activity scores as high. "
        "The main reasons are the message rate and the share of errors (62%)."
    )


@pytest.mark.parametrize(
    ("kind", "feature", "value", "english", "russian"),
    [
        (
            "address_rotation", "ip_entropy", 3.25,
            "Rotating addresses: an address entropy of 3.2 bits", "Смена адресов: энтропия адресов 3,2 бита",
        ),
        (
            "token_sharing", "jwt_token_reuse", 5.0,
            "One token used from several addresses: 5 addresses within an hour",
            "Один токен с нескольких адресов: 5 адресов за час",
        ),
        (
            "clockwork_timing", "burstiness_score", -0.95,
            "Messages at clockwork intervals: a burstiness of \u22120.95",
            "Сообщения как по часам: показатель неравномерности \u22120,95",
        ),
        (
            "rate_limit_abuse", "rate_limit_violations", 21.0,
            "Repeatedly over the rate limit: 21 frames refused by the limiter in ten minutes",
            "Настойчивое превышение лимита: 21 отказ за десять минут",
        ),
        (
            "relogins", "login_intervals", 40.0,
            "Rule relogins: 40 seconds between logins", "Правило relogins: 40 секунд между входами",
        ),
    ],
)  # fmt: skip
def test_titles_of_rules(kind: str, feature: str, value: float, english: str, russian: str) -> None:
    facts = AlertFacts(FindingFact(Detector.RULE, kind, Severity.HIGH, (feature,), value, 2.0))
    assert describe_alert(facts, "en", "security").title == english
    assert describe_alert(facts, "ru", "security").title == russian


AGAINST_USUAL = SumFact(
    "score",
    (FeatureFact("messages_per_minute", 340.0, 11.0, 0.3), FeatureFact("connection_duration", 90.0, 10_800.0, 0.1)),
    0.3225, 0.7225,
)  # fmt: skip


def test_what_weighs_against_the_accounts_own_normal_is_told_beside_what_weighs_against_everybody() -> None:
    facts = replace(FACTS, against_usual=AGAINST_USUAL)
    assert (
        "The main reasons are the message rate and the share of errors (62%); compared with what is usual for this "
        "account: the message rate and the connection duration (90 seconds)." in explain(facts, "en").natural
    )
    assert (
        f"Главные причины: частота сообщений и доля ошибок (62{GAP}%); по сравнению с обычным для этой учётной записи: "
        "частота сообщений и длительность соединения (90 секунд)." in explain(facts, "ru").natural
    )


def test_reasons_that_are_the_same_against_everybody_and_against_oneself_are_told_once() -> None:
    same = replace(AGAINST_USUAL, features=FEATURES[:2])
    facts = replace(FACTS, against_usual=same)
    assert (
        "The main reasons are the message rate and the share of errors (62%), also compared with what is usual for "
        "this account." in explain(facts, "en").natural
    )
    assert (
        f"частота сообщений и доля ошибок (62{GAP}%), в том числе по сравнению с обычным для этой учётной записи."
        in explain(facts, "ru").natural
    )


def test_a_sum_against_another_reference_names_the_values_it_compares_with() -> None:
    technical = explain(replace(FACTS, against_usual=AGAINST_USUAL), "en").technical
    assert (
        "Against the account's own usual values (in brackets): 0.7225 = base 0.3225 + messages_per_minute 0.3000 (11) "
        "+ connection_duration 0.1000 (3 hours)." in technical
    )
    expected = SumFact("lstm", (FeatureFact("error_rate", 0.62, 0.02, 6.5),), 0.0, 6.5)
    technical = explain(replace(FACTS, against_expected=expected), "ru").technical
    assert (
        "Неожиданность по lstm относительно того, что следовало из предыдущих векторов (в скобках): 6,50 = база 0,00 "
        f"+ error_rate 6,50 (2{GAP}%)." in technical
    )


def test_detectors_are_told_with_what_weighs_most_in_each() -> None:
    detectors = (
        SumFact("isolation_forest", (FeatureFact("error_rate", 0.62, 0.01, 2.0),), 1.5, 3.5),
        SumFact("lstm", (), 0.25, 0.25),
    )
    facts = replace(FACTS, detectors=detectors)
    assert (
        "Surprise by detector: isolation_forest 3.50 (mainly error_rate), lstm 0.25." in explain(facts, "en").technical
    )
    assert "isolation_forest 3,50 (главным образом error_rate), lstm 0,25." in explain(facts, "ru").technical


def test_what_was_skipped_and_what_failed_is_said() -> None:
    facts = replace(FACTS, skipped=("user_reference", "expected"), checks_failed=("score",))
    english, russian = explain(facts, "en").technical, explain(facts, "ru").technical
    assert (
        "could be explained in full: the comparison with the account's own usual values, the comparison with what"
        in english
    )
    assert "A question about this vector is answered in full." in english
    assert "the model gives this vector another score than was served" in english
    assert "На вопрос об этом векторе будет дан полный ответ." in russian
    assert "модель даёт этому вектору не ту оценку, что была выдана" in russian


def test_a_sample_says_how_far_off_it_may_be() -> None:
    facts = replace(FACTS, method="shapley-sampling", error_bound=0.0042)
    assert (
        "within 0.0042 of what all coalitions would give, ninety-five times in a hundred."
        in explain(facts, "en").technical
    )
    assert "не более чем на 0,0042 в девяноста пяти случаях из ста." in explain(facts, "ru").technical


def window(*newest_first: float, vector: float = 1.0, sampled: bool = False) -> WindowFact:
    steps = tuple(StepFact(before, share) for before, share in enumerate(newest_first, start=1))[::-1]
    total = sum(newest_first)
    features = (FeatureFact("error_rate", nan, None, total),)
    return WindowFact("lstm", steps, features, vector, 0.25, 0.25 + vector + total, 0.0312, sampled)


@pytest.mark.parametrize(
    ("told", "english", "russian"),
    [
        (window(9.0, 0.5, 0.1), "the observation right before it", "последнее наблюдение перед этим"),
        (window(0.1, 0.2, 9.0), "the 3rd observation before it", "3-е наблюдение перед этим"),
        (window(*[0.0] * 10, 9.0), "the 11th observation before it", "11-е наблюдение перед этим"),
        (window(4.0, 4.0, 0.1), "the last 2 observations before it", "последние 2 наблюдения перед этим"),
        (window(*[2.0] * 5), "the last 4 observations before it", "последние 4 наблюдения перед этим"),
        (window(*[2.0] * 6), "the last 5 observations before it", "последние 5 наблюдений перед этим"),
    ],
)
def test_what_came_before_is_told_where_it_made_the_vector_unexpected(
    told: WindowFact, english: str, russian: str
) -> None:
    facts = replace(FACTS, before=told)
    assert f"What makes this unexpected is above all what came before it: {english}." in explain(facts, "en").natural
    assert f"Неожиданным это делает прежде всего то, что было раньше: {russian}." in explain(facts, "ru").natural


def test_what_came_before_is_told_where_it_made_the_vector_less_unexpected() -> None:
    facts = replace(FACTS, before=window(-6.0, 0.5, vector=11.0))
    assert (
        "Some of it was to be expected from what came before it: the observation right before it."
        in explain(facts, "en").natural
    )
    assert (
        "Отчасти этого можно было ожидать по тому, что было раньше: последнее наблюдение"
        in explain(facts, "ru").natural
    )
    for told in (window(0.2, vector=8.0), window(-3.0, vector=8.0), window(0.0, vector=0.0)):
        assert explain(replace(FACTS, before=told), "en").natural == explain(FACTS, "en").natural


def test_the_vectors_before_are_told_by_their_place_and_by_feature() -> None:
    facts = replace(FACTS, before=window(2.0, -0.5, 0.0, 0.25, 0.0, sampled=True))
    english, russian = explain(facts, "en").technical, explain(facts, "ru").technical
    assert (
        "Surprise of lstm by the vectors before, each against the population's medians: 3.00 = base 0.25 + the vector "
        f"itself 1.00 + 1 vector before 2.00 {MINUS} 2 vectors before 0.50 + 4 vectors before 0.25." in english
    )
    assert (
        "The same by features of the vectors before: 3.00 = base 0.25 + the vector itself 1.00 + error_rate 1.75."
        in english
    )
    assert "and of their features is within 0.031 of what all coalitions would give" in english
    assert (
        f"3,00 = база 0,25 + сам вектор 1,00 + 1 вектор назад 2,00 {MINUS} 2 вектора назад 0,50 + 4 вектора назад 0,25."
        in russian
    )
    assert "не более чем на 0,031 в девяноста пяти случаях из ста" in russian
    assert "within" not in explain(replace(FACTS, before=window(2.0)), "en").technical
