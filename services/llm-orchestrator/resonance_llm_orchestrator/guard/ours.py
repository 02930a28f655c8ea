"""Strings that our own code puts into facts, to the letter: names of the catalogue, kinds, detectors, measures."""

from __future__ import annotations

from functools import cache

from resonance_contracts.features import FEATURES
from resonance_llm_orchestrator.facts import COMPARED, OWN_KINDS
from resonance_narration import Detector, Reference, Severity


@cache
def ours() -> frozenset[str]:
    """All of them."""
    catalogue = {text for f in FEATURES for text in (f.name, f.definition, f.unit, str(f.window))}
    names = {*map(str, Detector), *map(str, Reference), *(severity.name.lower() for severity in Severity)}
    return frozenset({*catalogue, *names, *OWN_KINDS, *COMPARED.values(), "live"})
