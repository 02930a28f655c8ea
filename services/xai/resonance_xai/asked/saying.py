"""What was found out beside Shapley values, in words."""

from __future__ import annotations

from dataclasses import dataclass

from resonance_attribution.agreement import LOW_FIDELITY
from resonance_narration import ChangeFact, SuggestionFacts, tell_advice, tell_suggestions, tell_trust
from resonance_xai.asked.counterfactuals import Counterfactual
from resonance_xai.asked.finding import Found


@dataclass(frozen=True, slots=True)
class Suggested:
    """One suggestion.

    Attributes:
        found: What it is.
        changes: The values that are changed, the largest change first.
        text: What to do.
    """

    found: Counterfactual
    changes: tuple[ChangeFact, ...]
    text: str


def suggested(found: Found, language: str) -> list[Suggested]:
    """The suggestions in words; none where none were looked for."""
    if found.other is None:
        return []
    told = []
    for one in found.other.found:
        changes = tuple(
            ChangeFact(found.subject.names[place], float(found.vector[place]), float(one.row[place]))
            for place in one.changed
        )
        told.append(Suggested(one, changes, tell_advice(changes, language)))
    return told


def all_suggested(found: Found, language: str) -> str:
    """All suggestions in a sentence or two, or why there are none; "" where none were looked for."""
    if found.other is None:
        return ""
    changes = tuple(one.changes for one in suggested(found, language))
    return tell_suggestions(
        SuggestionFacts(found.subject.goal, changes, found.other.needed, found.other.partial), language
    )


def in_full(natural: str, found: Found, language: str) -> str:
    """A natural text with what was found out beside it, and how far to trust it."""
    agrees, line = found.agrees, found.line
    trust = tell_trust(
        language,
        differs=(agrees.rank, agrees.sign) if agrees is not None and agrees.low else None,
        poor_fit=line.r2 if line is not None and line.r2 < LOW_FIDELITY else None,
        cut_short=found.cut,
    )
    return " ".join(part for part in (natural, all_suggested(found, language), trust) if part)
