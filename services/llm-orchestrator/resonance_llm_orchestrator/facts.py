"""From a draft to the facts that words are made from, with nothing in them that a stranger could abuse."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from resonance_contracts.features import INDEX, Group
from resonance_llm_orchestrator.drafts import Draft
from resonance_llm_orchestrator.plain_text import plain
from resonance_narration import AlertFacts, Severity, alert_facts

LONGEST_NAME: Final = 64
OWN_KINDS: Final = frozenset(f"unusual_{group}" for group in (*Group, "behaviour")) | {
    "message_flood",
    "error_spike",
    "rate_limit_abuse",
    "token_sharing",
    "address_rotation",
    "clockwork_timing",
}
"""Kinds that come with the product; any other is a name that somebody chose."""

COMPARED: Final = {
    "rule": "the rule's threshold, in the unit of its first feature",
    "baseline": "deviations from the user's own normal",
    "model": "tail probability: the share of ordinary vectors with a score at least this high",
}
"""What `observed` and `threshold` of a finding measure, by the detector."""


def facts_of(draft: Draft) -> AlertFacts:
    """Facts of an alert at its stage.

    The alert decides what kind of incident it is and how severe, not the finding inside it. The kind can be a
    custom rule's name, so it is cleaned and cut; features that the catalogue does not know are left out.
    """
    facts = alert_facts(draft.alert, draft.explanation)
    finding = replace(
        facts.finding,
        kind=plain(draft.alert.kind, LONGEST_NAME),
        severity=Severity(draft.alert.severity),
        features=tuple(name for name in facts.finding.features if name in INDEX),
    )
    evidence = tuple(feature for feature in facts.evidence if feature.name in INDEX)
    return replace(facts, finding=finding, evidence=evidence, vectors=max(1, facts.vectors))


def without_names(facts: AlertFacts) -> AlertFacts:
    """The same facts with nothing in them that somebody outside chose."""
    if facts.finding.kind in OWN_KINDS:
        return facts
    return replace(facts, finding=replace(facts.finding, kind="custom_rule"))
