"""The question to a provider: our instructions, and the facts as JSON data.

Strings that strangers can choose (keys, names of custom rules, names of replays) go under `names` in the
data and nowhere else in it, cleaned and cut; the instructions are a file of this package and hold nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from math import isfinite
from typing import Any, Final

from resonance_contracts.features import BY_NAME
from resonance_llm_orchestrator.drafts import Draft
from resonance_llm_orchestrator.enriched import offline_words
from resonance_llm_orchestrator.facts import LONGEST_NAME, facts_of, without_names
from resonance_llm_orchestrator.number_guard import numbers_of
from resonance_llm_orchestrator.plain_text import plain
from resonance_llm_orchestrator.provider import Prompt
from resonance_llm_orchestrator.roles import role_for
from resonance_narration import AlertFacts, FeatureFact

VERSION: Final = "smart_alert.v1"
MOST_FEATURES: Final = 6
NAMES: Final = "names"
COMPARED: Final = {
    "rule": "the rule's threshold, in the unit of its first feature",
    "baseline": "deviations from the user's own normal",
    "model": "tail probability: the share of ordinary vectors with a score at least this high",
}


@cache
def instructions() -> str:
    """Text of the versioned file."""
    return files("resonance_llm_orchestrator").joinpath("prompts", f"{VERSION}.md").read_text(encoding="utf-8")


def prompt_of(data: Mapping[str, Any]) -> Prompt:
    """Prompt for the data of `prompt_data`."""
    return Prompt(VERSION, instructions(), json.dumps(data, ensure_ascii=False, separators=(",", ":")))


def prompt_data(draft: Draft) -> dict[str, Any]:
    """What a provider is told of an alert: JSON types alone, no value that is not finite."""
    facts, alert, role = facts_of(draft), draft.alert, role_for(draft.alert.kind)
    return _known(
        {
            "recipient_role": str(role),
            "severity": facts.finding.severity.name.lower(),
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
                for language, w in offline_words(without_names(facts), role).items()
            },
            NAMES: {
                "user": plain(alert.user_key, LONGEST_NAME),
                "kind": facts.finding.kind,
                "stream": plain(alert.stream, LONGEST_NAME),
            },
        }
    )


def numbers_in(data: Mapping[str, Any]) -> frozenset[float]:
    """Numbers a text about the data may hold: all but those inside `names`."""
    return frozenset(_numbers({key: value for key, value in data.items() if key != NAMES}))


def names_in(data: Mapping[str, Any]) -> frozenset[str]:
    """Strings a text may quote whatever digits they hold."""
    return frozenset(name for name in data[NAMES].values() if name)


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


def _numbers(value: Any) -> Iterator[float]:
    if isinstance(value, Mapping):
        for part in value.values():
            yield from _numbers(part)
    elif isinstance(value, list):
        for part in value:
            yield from _numbers(part)
    elif isinstance(value, str):
        yield from numbers_of(value)
    elif not isinstance(value, bool) and value is not None:
        yield float(value)
