"""Faithfulness without a judge: on 500 answers of random questions, in two languages and for five readers, every
number, name and direction in the text is in the question."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from math import isfinite
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from resonance_contracts.features import BY_NAME, FEATURES
from resonance_llm_orchestrator.brief import Text
from resonance_llm_orchestrator.claims.checking import unfaithful
from resonance_llm_orchestrator.claims.known import known_of
from resonance_llm_orchestrator.tasks import anomalies, plans, predictions, smart_alerts
from resonance_llm_orchestrator.tasks.wording import Draft
from resonance_narration import Language, Role
from resonance_narration.en.features import FEATURES as ENGLISH
from resonance_narration.ru.features import FEATURES as RUSSIAN
from resonance_tasks.analyze_anomaly import AnomalyCase
from resonance_tasks.explain_prediction import PredictionInNumbers
from resonance_tasks.generate_smart_alert import GenerateSmartAlert
from resonance_tasks.incident_plan import IncidentData

EACH: Final = 125
SCALES: Final = (1.0, 100.0, 1 / 60, 1 / 3_600, 1 / 86_400, 1e-3, 1e-6, 1e-9)
"""Units that people read: percent, minutes, hours, days, kilobytes and up."""
NUMBER: Final = re.compile(r"(?<![\w.,])\d+(?:[.,\u00a0]\d+)*(?:e[+-]?\d+)?")
CODE_NAME: Final = re.compile(r"\b[a-z]+(?:_[a-z]+)+\b")
FOREIGN: Final = ("worst_area", "cpu_usage", "queue_depth", "mean_radius")
WORDS: Final = {Language.ENGLISH: ENGLISH, Language.RUSSIAN: RUSSIAN}
MORE: Final = {Language.ENGLISH: "higher than the usual", Language.RUSSIAN: "обычно меньше:"}
LESS: Final = {Language.ENGLISH: "lower than the usual", Language.RUSSIAN: "обычно больше:"}
AGAINST: Final = {Language.ENGLISH: "What speaks against it: ", Language.RUSSIAN: "Против этого: "}
ABOVE: Final = {Language.ENGLISH: "above the threshold", Language.RUSSIAN: "выше порога"}
BELOW: Final = {Language.ENGLISH: "below the threshold", Language.RUSSIAN: "ниже порога"}

names = st.sampled_from([feature.name for feature in FEATURES] + list(FOREIGN))
languages, roles = st.sampled_from(list(Language)), st.sampled_from(list(Role))
shares = st.none() | st.floats(0, 1)
OF_PROTOCOL = ("retry_after",)
"""Fields of our own messages that advice for developers names."""

grades = st.sampled_from(["low", "medium", "high", "critical"])


def values(name: str) -> st.SearchStrategy[float]:
    feature = BY_NAME.get(name)
    return st.floats(-1e6, 1e6) if feature is None else st.floats(max(feature.lower, -1), min(feature.upper, 1e8))


@st.composite
def numbers(draw: st.DrawFn, least: int = 1) -> tuple[dict[str, float], dict[str, float], dict[str, float]]:
    """Values, attributions and usual values by name."""
    chosen = draw(st.lists(names, min_size=least, max_size=6, unique=True))
    found = {name: draw(values(name)) for name in chosen}
    attributions = {name: draw(st.floats(-1, 1)) for name in chosen if draw(st.booleans())}
    return found, attributions, {name: draw(values(name)) for name in chosen if draw(st.booleans())}


def known(**entries: Any) -> dict[str, Any]:
    return {name: value for name, value in entries.items() if value is not None}


def said(draft: Draft) -> str:
    return "\n".join([draft.words.title, draft.words.summary, *draft.words.recommendations, *draft.causes])


def invented(draft: Draft, question: Mapping[str, Any], language: Language) -> list[str]:
    """Numbers of the text that are no rounding of a number of the facts, and names that are not in the question.

    What the facts have beyond the question are shares, which are what the question's attributions come to.
    """
    text, allowed = said(draft), [abs(n) * scale for n in _numbers(draft.facts) for scale in SCALES]
    strangers = [name for name in CODE_NAME.findall(text) if name not in {*_names(question), *OF_PROTOCOL}]
    words = Text(draft.words.title, draft.words.summary, [*draft.words.recommendations, *draft.causes])
    told = " ".join((*_names(question), *_names(draft.facts), *OF_PROTOCOL))
    claimed = unfaithful(words, language, known_of(draft.facts), told, words)
    return [
        *strangers,
        *(number for number in NUMBER.findall(text) if not any(_is(number, fact, language) for fact in allowed)),
        *claimed,
    ]


def _names(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield name
            yield from _names(inner)
    elif isinstance(value, str):
        yield value


def _numbers(value: Any) -> Iterator[float]:
    if isinstance(value, Mapping):
        for inner in value.values():
            yield from _numbers(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _numbers(inner)
    elif isinstance(value, (int, float)) and not isinstance(value, bool) and isfinite(value):
        yield float(value)


def _is(written: str, fact: float, language: Language) -> bool:
    plain = written.replace(",", "") if language is Language.ENGLISH else written.replace(",", ".")
    plain = plain.replace("\u00a0", "")
    digits, _, exponent = plain.partition("e")
    places = len(digits.partition(".")[2])
    return round(abs(float(plain) - fact) / 10.0 ** (int(exponent or 0) - places), 6) <= 0.5


def label_of(name: str, language: Language) -> str:
    """How a name is spoken of; sentences may begin with it."""
    words = WORDS[language].get(name)
    return words.label if words else name


def directions_hold(draft: Draft, found: Any, attributions: Any, usual: Any, language: Language) -> None:
    """A cause raises, and is above or below its usual value as it is said to be."""
    for cause in draft.causes:
        (name,) = [n for n in attributions if cause[1:].startswith(label_of(n, language)[1:] + " (")
                   or cause[1:].startswith(label_of(n, language)[1:] + ":")
                   or cause[1:].startswith(label_of(n, language)[1:] + " carries")]  # fmt: skip
        assert attributions[name] > 0
        if MORE[language] in cause:
            assert found[name] > usual[name]
        if LESS[language] in cause:
            assert found[name] < usual[name]


many: Callable[..., Any] = settings(max_examples=EACH, derandomize=True, suppress_health_check=list(HealthCheck))


@many
@given(numbers(), shares, shares, st.none() | grades, languages, roles)
def test_an_anomaly_is_told_by_its_facts_alone(
    given_: Any, confidence: float | None, tail: float | None, severity: str | None, language: Language, role: Role
) -> None:
    found, attributions, usual = given_
    data = known(features=found, usual=usual, confidence=confidence, tail_probability=tail, severity=severity)
    question = {"anomaly_data": data, "ml_explanation": attributions, "language": language, "recipient_role": role}
    draft = anomalies.draft_of(AnomalyCase.model_validate(question))
    assert not invented(draft, question, language), said(draft)
    directions_hold(draft, found, attributions, usual, language)


@many
@given(numbers(), st.lists(st.floats(-1, 1), min_size=6, max_size=6), shares, languages, roles)
def test_a_prediction_is_told_by_its_facts_alone(
    given_: Any, weights: list[float], confidence: float | None, language: Language, role: Role
) -> None:
    found, _, usual = given_
    attributions = dict(zip(found, weights, strict=False))
    question = known(
        model_name="some_model", features=found, attributions=attributions, references=usual, confidence=confidence,
        language=language, recipient_role=role,
    )  # fmt: skip
    draft = predictions.draft_of(PredictionInNumbers.model_validate(question))
    assert not invented(draft, question | {"prediction": "anomaly"}, language), said(draft)
    directions_hold(draft, found, attributions, usual, language)
    pro, _, contra = draft.words.summary.partition(AGAINST[language])
    if role is not Role.DEVELOPER:
        for name, weight in attributions.items():
            assert weight > 0 or label_of(name, language) not in pro.removeprefix("some_model"), (name, pro)
            assert weight < 0 or label_of(name, language) not in contra, (name, contra)


@many
@given(names, st.data(), st.integers(0, 10**6), st.booleans(), languages, roles)
def test_a_smart_alert_is_told_by_its_facts_alone(
    metric: str, data: st.DataObject, users: int, below: bool, language: Language, role: Role
) -> None:
    both = data.draw(values(metric)), data.draw(values(metric))
    value, threshold = data.draw(st.sampled_from([both, both, both, (both[0], None), (None, both[1])]))
    seconds = data.draw(st.none() | st.floats(0, 1e6))
    alert = known(metric=metric, value=value, threshold=threshold, duration_seconds=seconds)
    alert["direction"] = "below" if below else "above"
    context = {"service": "some_service", "environment": "production", "affected_users": users, "total_users": 10**6}
    question = {"alert_data": alert, "context": context, "language": language, "recipient_role": role}
    draft = smart_alerts.draft_of(GenerateSmartAlert.model_validate(question))
    assert not invented(draft, question, language), said(draft)
    if value is not None and threshold is not None and role in (Role.DEVOPS, Role.SECURITY):
        side = ABOVE if value > threshold else BELOW if value < threshold else None
        wrong = [words[language] for words in (ABOVE, BELOW) if words is not side]
        assert not any(words in draft.words.summary for words in wrong), said(draft)


KINDS: Final = ("message_flood", "error_spike", "token_sharing", "clockwork_timing", "unusual_timing", "night_owls")


@many
@given(
    numbers(0), st.sampled_from(KINDS), grades, st.integers(1, 10**6), st.floats(0, 1e6), languages, roles, st.data()
)
def test_a_plan_is_told_by_its_facts_alone(
    given_: Any,
    kind: str,
    severity: str,
    seen: int,
    seconds: float,
    language: Language,
    role: Role,
    data: st.DataObject,
) -> None:
    found, _, usual = given_
    threshold = data.draw(st.none() | st.floats(0, 1e6))
    question = known(
        kind=kind, severity=severity, features=found, usual=usual, observations=seen, duration_seconds=seconds,
        threshold=threshold,
    )  # fmt: skip
    draft = plans.draft_of(plans.facts_of_incident(IncidentData.model_validate(question)), language, role)
    assert not invented(draft, question, language), said(draft)


@pytest.mark.parametrize("language", list(Language))
def test_a_plan_may_speak_of_the_rhythm_that_its_kind_is_of(language: Language) -> None:
    question = {
        "kind": "unusual_timing",
        "severity": "low",
        "features": {"messages_per_minute": 0.0},
        "observations": 1,
    }
    draft = plans.draft_of(plans.facts_of_incident(IncidentData.model_validate(question)), language, Role.DEVOPS)
    assert not invented(draft, question, language), said(draft)


def test_the_check_finds_what_is_invented() -> None:
    question = {"alert_data": {"metric": "error_rate", "value": 0.25, "threshold": 0.1}}
    draft = smart_alerts.draft_of(GenerateSmartAlert.model_validate(question))
    wrong = "The share of errors is 26%, 3 times queue_depth."
    words = type(draft.words)(draft.words.title, wrong, draft.words.recommendations)
    lying = Draft(draft.facts, words, draft.causes, draft.severity)
    assert invented(lying, question, Language.ENGLISH)[:3] == ["queue_depth", "26", "3"]
    cause = "The share of errors (26%, higher than the usual 30%) carries 9% of it."
    turned = Draft({}, words, (cause,), draft.severity)
    with pytest.raises(AssertionError):
        directions_hold(turned, {"error_rate": 0.26}, {"error_rate": 0.5}, {"error_rate": 0.3}, Language.ENGLISH)
