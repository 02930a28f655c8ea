"""Words are held to what the facts say of features: which there are, which way each is off, what raises a score."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from resonance_contracts.pb.resonance.v1 import detection_pb2
from resonance_llm_orchestrator.alerts.brief_of import brief_of
from resonance_llm_orchestrator.brief import Text
from resonance_llm_orchestrator.claims.checking import LEXICONS, unfaithful
from resonance_llm_orchestrator.claims.comparing import turned_round
from resonance_llm_orchestrator.claims.known import known_of
from resonance_llm_orchestrator.drafts import of_escalated
from resonance_llm_orchestrator.number_guard import made_up
from resonance_llm_orchestrator.tasks import anomalies, plans, predictions, smart_alerts
from resonance_narration import Language, Role
from resonance_tasks.analyze_anomaly import AnomalyCase
from resonance_tasks.explain_prediction import PredictionInNumbers
from resonance_tasks.generate_smart_alert import GenerateSmartAlert
from resonance_tasks.incident_plan import IncidentData

FACTS = {
    "severity": "high",
    "features": [
        {"name": "messages_per_minute", "value": 187.0, "usual_of_this_user": 12.5, "compared_value": 3.0,
         "attribution": 0.5},
        {"name": "login_intervals", "value": 30.0, "usual_of_this_user": 3580.0, "attribution": -0.1},
        {"name": "burstiness_score", "value": -0.73, "usual_of_this_user": 0.32},
        {"name": "channels_count", "value": 4.0, "usual_of_this_user": 3.0, "compared_value": 6.0},
    ],
    "noticed": {"by": "rule", "features": ["rate_limit_violations"], "observed": 87.0, "threshold": 10.0},
}  # fmt: skip
TOLD = str(FACTS)
OWN = {
    Language.ENGLISH: Text("Flood of messages", "The account sent 187 messages a minute.", []),
    Language.RUSSIAN: Text("Поток сообщений", "Учётная запись отправляла 187 сообщений в минуту.", []),
}
TRUE = [
    "The user sent 187 messages a minute, far more than the usual 12.5.",
    "At 187 messages a minute they come more evenly than chance would have it (burstiness -0.73).",
    "Messages come 15 times more often than usual.",
    "In 10 minutes 187 messages a minute were seen, more than the usual 12.5.",
    "Logins are more frequent than usual: every 30 s instead of every 3580 s.",
    "The interval between logins fell from 3580 to 30.",
    "The burstiness (-0.73) is below the usual 0.32.",
    "The number of channels is higher than usual.",
    "The number of channels is lower than for a typical user.",
    "87 frames were refused, above the threshold of 10.",
    "High severity: the message rate raised the score most.",
    "Longer intervals between logins would speak against it.",
    "There were no fewer messages than before.",
    "It may lead to more errors for others; check whether the error rate rises.",
    "Read the errors of this account.",
    "There are probably more errors as well.",
    "A broken client may send fewer messages and open more tokens: many errors, few requests.",
    "Its messages are smaller than others.",
    "No ordinary activity scores as high.",
    "Сообщений намного больше, чем обычно: 187 вместо 12,5.",
    "Частота сообщений — 187, обычно меньше: 12,5.",
    "Входы чаще обычного: интервал между входами снизился с 3580 до 30.",
    "Неравномерность сообщений −0,73, это ниже нормы 0,32.",
    "Инцидент высокой важности: частота сообщений выше обычной.",
    "Возможно, выросло и число ошибок.",
    "Число каналов больше обычного, но меньше типичного.",
    "Отказов ограничителя 87, это выше порога 10.",
]
FALSE = [
    ("The user sent 187 messages a minute, fewer than the usual 12.5.", "wrong way round"),
    ("187 messages a minute are less than what is usual (12.5).", "wrong way round"),
    ("Сообщений 187, это меньше, чем обычно (12,5).", "wrong way round"),
    ("Messages come less often than usual.", "the facts say higher"),
    ("Unusually few messages came.", "the facts say higher"),
    ("Logins are rarer than usual.", "the facts say higher"),
    ("The interval between logins rose from 30 to 3580.", "the facts say lower"),
    ("The message rate rose from 187 to 12.5.", "wrong way round"),
    ("The burstiness is unusually high.", "the facts say lower"),
    ("87 frames were refused, below the threshold of 10.", "wrong way round"),
    ("The message rate lowers the score most.", "the facts say higher"),
    ("The interval between logins raises the score.", "the facts say lower"),
    ("The error rate is also unusual.", "not in the facts"),
    ("The connection duration decided it.", "not in the facts"),
    ("It presented many tokens.", "not in the facts"),
    ("It came from 4 addresses.", "not in the facts"),
    ("The metric queue_depth was noticed first.", "not in the facts"),
    ("There are probably fewer messages than usual.", "the facts say higher"),
    ("Похоже, частота сообщений ниже обычной.", "the facts say higher"),
    ("Сообщений меньше, чем обычно.", "the facts say higher"),
    ("Частота сообщений — 187, обычно больше: 12,5.", "wrong way round"),
    ("Необычно редкие входы.", "the facts say higher"),
    ("Показатель вырос с 187 до 12,5.", "wrong way round"),
    ("Неравномерность сообщений выше нормы.", "the facts say lower"),
    ("Оценку снижает частота сообщений.", "the facts say higher"),
    ("Доля ошибок тоже необычна.", "not in the facts"),
    ("Необычно много адресов.", "not in the facts"),
    ("Severity: low. Nothing is to be done.", "the severity is low"),
    ("A low-severity incident.", "the severity is low"),
    ("Важность инцидента — низкая.", "the severity is low"),
    ("Инцидент критической важности.", "the severity is critical"),
    ("Первым это заметил error_rate_total.", "error_rate_total"),
]


def faults(text: str) -> list[str]:
    language = Language.RUSSIAN if any("а" <= c <= "я" for c in text.lower()) else Language.ENGLISH
    return list(unfaithful(Text("", text, []), language, known_of(FACTS), TOLD, OWN[language]))


@pytest.mark.parametrize("text", TRUE)
def test_what_the_facts_say_may_be_said(text: str) -> None:
    assert faults(text) == []


@pytest.mark.parametrize(("text", "reason"), FALSE)
def test_what_the_facts_do_not_say_is_refused_with_the_reason(text: str, reason: str) -> None:
    assert any(reason in fault for fault in faults(text)), faults(text)


GRAVER = FACTS | {"severity": "critical", "became_graver": {"severity_before": "high"}}


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("The incident was of high severity and is critical now: 1,230 messages a minute.", True),
        ("Its severity was high; now it is critical.", False),
        ("This is a high-severity incident.", False),
        ("It was of low severity and is critical now.", False),
        ("A critical-severity incident.", True),
        ("Инцидент был высокой важности, теперь — критической.", True),
        ("Инцидент высокой важности.", False),
        ("Инцидент был средней важности, теперь — критической.", False),
    ],
)
def test_what_the_severity_was_may_be_said_beside_what_it_is(text: str, right: bool) -> None:
    language = Language.RUSSIAN if any("а" <= c <= "я" for c in text.lower()) else Language.ENGLISH
    found = unfaithful(Text("", text, []), language, known_of(GRAVER), str(GRAVER), OWN[language])
    assert (not list(found)) == right


@pytest.mark.parametrize("by_rule", [True, False])
def test_our_own_words_of_a_rise_are_faithful_and_hold_no_number_that_is_not_in_the_facts(
    escalated: Callable[..., detection_pb2.Alert], by_rule: bool
) -> None:
    alert = escalated()
    if not by_rule:
        alert.detector, alert.finding.detector = detection_pb2.DETECTOR_BASELINE, detection_pb2.DETECTOR_BASELINE
        alert.rises[0].ClearField("finding")
        alert.rises[0].evidence, alert.rises[0].enough = 7.25, 5.5
    brief = brief_of(of_escalated(alert))
    for language, text in brief.offline.items():
        known, told = known_of(brief.facts), str(brief.facts)
        assert list(unfaithful(text, language, known, told, text)) == []
        assert made_up("\n".join((text.title, text.summary)), numbers_in(brief.facts)) == []
    assert brief.facts["became_graver"]["severity_before"] == "high"


def numbers_in(value: Any) -> list[float]:
    """Those of facts; not those of the draft that stands among them."""
    if isinstance(value, dict):
        return [number for key, part in value.items() if key != "draft" for number in numbers_in(part)]
    if isinstance(value, list):
        return [number for part in value for number in numbers_in(part)]
    return [float(value)] if isinstance(value, (int, float)) and not isinstance(value, bool) else []


def test_advice_may_speak_of_what_is_not_among_the_facts_but_compare_nothing_wrongly() -> None:
    known, own = known_of(FACTS), OWN[Language.ENGLISH]
    advice = ["Compare the error rate with that of others.", "Limit it to fewer messages."]
    assert not list(unfaithful(Text("", "", advice), Language.ENGLISH, known, TOLD, own))
    wrong = ["Act: 187 is less than 12.5."]
    assert list(unfaithful(Text("", "", wrong), Language.ENGLISH, known, TOLD, own))


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("0 сообщений в минуту, столь же или более необычна 100 % обычной активности", Language.RUSSIAN),
        ("0 сообщений в минуту\nбольше обычных 100 событий не было", Language.RUSSIAN),
        ("0 messages a minute\nmore than the usual 100 events were not seen", Language.ENGLISH),
    ],
    ids=["unusual is not usual", "a title ends where the summary begins", "in English too"],
)
def test_numbers_of_other_sentences_and_words_within_words_are_not_compared(text: str, language: Language) -> None:
    assert list(turned_round(text, LEXICONS[language])) == []


def test_of_facts_without_features_only_comparisons_and_names_are_held_against_words() -> None:
    own = OWN[Language.ENGLISH]
    text = Text("Many errors", "The error rate is high: 40 errors, more than the usual 3.", [])
    assert not list(unfaithful(text, Language.ENGLISH, known_of({"templates": [{"count": 40}]}), TOLD, own))


def test_what_is_said_of_a_refused_text_holds_nothing_of_it_but_numbers_and_words_of_ours() -> None:
    text = "The zq_xkcd of messages zzyzx is less zzyzx than the usual zzyzx 12.5 after 187; few messages zzyzx came."
    found = faults(text)
    assert len(found) >= 3
    assert not any(word in fault for word in ("zq", "xkcd", "zzyzx") for fault in found)


QUESTIONS = {
    "anomaly": lambda: anomalies.draft_of(
        AnomalyCase.model_validate(
            {"anomaly_data": {"features": {"error_rate": 0.25}, "usual": {"error_rate": 0.01}, "confidence": 0.97}}
        )
    ),
    "prediction": lambda: predictions.draft_of(
        PredictionInNumbers.model_validate(
            {"model_name": "m", "features": {"error_rate": 0.25}, "attributions": {"error_rate": 0.5},
             "references": {"error_rate": 0.01}}
        )
    ),
    "smart alert": lambda: smart_alerts.draft_of(
        GenerateSmartAlert.model_validate({"alert_data": {"metric": "error_rate", "value": 0.25, "threshold": 0.01}})
    ),
    "plan": lambda: plans.draft_of(
        plans.facts_of_incident(
            IncidentData.model_validate(
                {"kind": "error_spike", "severity": "high", "features": {"error_rate": 0.25},
                 "usual": {"error_rate": 0.01}}
            )
        ),
        Language.ENGLISH,
        Role.DEVOPS,
    ),
}  # fmt: skip


@pytest.mark.parametrize("task", QUESTIONS)
def test_facts_of_tasks_say_which_way_a_feature_is_off(task: str) -> None:
    draft = QUESTIONS[task]()
    own = Text(draft.words.title, draft.words.summary, draft.words.recommendations)

    def wrong(text: str) -> list[str]:
        known = known_of(draft.facts)
        return list(unfaithful(Text("", text, []), Language.ENGLISH, known, str(draft.facts), own))

    assert wrong("The error rate is higher than usual.") == []
    assert "error_rate" in wrong("The error rate is lower than usual.")[0]
    assert "channels_count" in wrong("The number of channels is high.")[0]
