"""Strings that our own code puts into facts, to the letter: fields, names of the catalogue, kinds, detectors."""

from __future__ import annotations

from functools import cache
from typing import Final

from resonance_contracts.features import FEATURES
from resonance_llm_orchestrator.facts import COMPARED, OWN_KINDS
from resonance_narration import Detector, LagDoubt, LagGroup, LagMeasure, LagParty, Reference, SeriesNote, Severity
from resonance_tasks.contribution import Direction
from resonance_tasks.incident_plan import Phase

_ENUMERATIONS: Final = (Detector, Reference, Direction, Phase, LagMeasure, LagGroup, LagParty, LagDoubt, SeriesNote)
_FIELDS: Final = (
    "affected_users ago_s ago_values attribution because burst by chance compared_value confidence count details "
    "direction end entries environment expected features first kind last lasts_seconds left_s left_values level "
    "matched meaning measure metric name new observed pattern percent phase phases prediction rare reason "
    "samples score service share start stream subject tail_probability template threshold times_rate "
    "times_threshold times_usual total_users unit user usual usual_of_this_user usual_spread value values window"
)
"""Keys of facts that our own code makes, below the first level."""


@cache
def ours() -> frozenset[str]:
    """All of them."""
    catalogue = {text for f in FEATURES for text in (f.name, f.definition, f.unit, str(f.window))}
    names = {str(one) for every in _ENUMERATIONS for one in every} | {severity.name.lower() for severity in Severity}
    return frozenset({*catalogue, *names, *OWN_KINDS, *COMPARED.values(), *_FIELDS.split(), "live"} - {""})
