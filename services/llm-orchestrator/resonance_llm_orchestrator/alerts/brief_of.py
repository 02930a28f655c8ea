"""An alert as a brief: the facts that a provider is told of it, and our own writer's words.

Strings that strangers can choose (keys, names of custom rules, names of replays) go under `names` in the facts and
nowhere else in them, cleaned and cut.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from math import isfinite
from typing import Any, Final

from resonance_contracts.features import BY_NAME
from resonance_llm_orchestrator.brief import Brief, Text
from resonance_llm_orchestrator.drafts import Draft
from resonance_llm_orchestrator.enriched import offline_words
from resonance_llm_orchestrator.facts import COMPARED, LONGEST_NAME, facts_of, without_names
from resonance_llm_orchestrator.plain_text import plain
from resonance_llm_orchestrator.roles import role_for
from resonance_llm_orchestrator.writing.question import NAMES
from resonance_narration import AlertFacts, AlertWords, FeatureFact, Language

TASK: Final = "generate_smart_alert"
MOST_FEATURES: Final = 6


def brief_of(draft: Draft, languages: Collection[Language] = tuple(Language)) -> Brief:
    """The brief of an alert, in some languages."""
    facts = facts_of(draft)
    words = offline_words(facts, role_for(draft.alert.kind))
    nameless = without_names(facts)
    clean = words if nameless is facts else offline_words(nameless, role_for(draft.alert.kind))
    return Brief(
        TASK,
        told_of(draft, facts, {language: clean[language] for language in languages}),
        role_for(draft.alert.kind),
        {language: _text(words[language]) for language in languages},
        user_key=draft.alert.user_key,
    )


def told_of(draft: Draft, facts: AlertFacts, words: Mapping[Language, AlertWords]) -> dict[str, Any]:
    """What a provider is told of an alert: JSON types alone, no value that is not finite.

    Args:
        draft: The alert.
        facts: Its facts.
        words: Our own writer's, with no name in them that a stranger chose.
    """
    alert = draft.alert
    return _known(
        {
            "severity": facts.finding.severity.name.lower(),
            "became_graver": _rise(facts),
            "opened": f"{datetime.fromtimestamp(alert.opened_us // 1_000_000, UTC):%Y-%m-%d %H:%M} UTC",
            "recorded_traffic": facts.replay,
            "anomalous_observations": facts.vectors,
            "lasts_seconds": facts.seconds or None,
            "noticed": _noticed(facts),
            "model": _known({"score": facts.served_score, "tail_probability": facts.tail_probability}),
            "compared_with": facts.reference,
            "features": [_feature(f) for f in facts.evidence[:MOST_FEATURES]],
            "draft": {
                str(language): {"title": w.title, "summary": w.summary, "recommendations": list(w.recommendations)}
                for language, w in words.items()
            },
            NAMES: {
                "user": plain(alert.user_key, LONGEST_NAME),
                "kind": facts.finding.kind,
                "stream": plain(alert.stream, LONGEST_NAME),
            },
        }
    )


def _rise(facts: AlertFacts) -> dict[str, Any] | None:
    """What it was before, and by how much evidence it is so grave now; where a rule says so, it is what was noticed."""
    if facts.rise is None:
        return None
    multiple = {"evidence": facts.rise.evidence, "enough": facts.rise.enough}
    return {"severity_before": facts.rise.before.name.lower(), **_known(multiple)}


def _noticed(facts: AlertFacts) -> dict[str, Any]:
    finding = facts.finding
    return _known(
        {
            "by": str(finding.detector),
            "features": list(finding.features),
            "observed": finding.observed,
            "threshold": finding.threshold,
            "measure": COMPARED[finding.detector],
            "times_threshold": _ratio(finding.observed, finding.threshold),
        }
    )


def _feature(fact: FeatureFact) -> dict[str, Any]:
    entry = BY_NAME[fact.name]
    return _known(
        {
            "name": fact.name,
            "meaning": entry.definition,
            "unit": entry.unit,
            "window": str(entry.window),
            "value": fact.value,
            "compared_value": fact.reference,
            "attribution": fact.attribution,
            "usual_of_this_user": fact.usual,
            "times_usual": _ratio(fact.value, fact.usual),
        }
    )


def _ratio(value: float, usual: float | None) -> float | None:
    """How many times the usual; a provider must not compute it itself."""
    return value / usual if usual and value > 0 and usual > 0 else None


def _known(entries: dict[str, Any]) -> dict[str, Any]:
    """Without what is unknown; numbers to six significant digits."""
    short = {key: float(f"{v:.6g}") if isinstance(v, float) else v for key, v in entries.items()}
    return {key: v for key, v in short.items() if v is not None and not (isinstance(v, float) and not isfinite(v))}


def _text(words: AlertWords) -> Text:
    return Text(words.title, words.summary, words.recommendations)
