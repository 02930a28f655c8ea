"""Artifacts as they come out of a training: with what they were learned from."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from resonance_auto_retrainer.made import Made
from resonance_modeling.artifact import SNAPSHOT_FILE, Artifact, StoredFile

ROWS: Final = b"what it was learned from"


def learned(artifact: Artifact) -> Made:
    """An artifact with a training set that nobody reads."""
    described = {"snapshot": StoredFile.of(SNAPSHOT_FILE, ROWS)}
    return Made(replace(artifact, manifest=artifact.manifest.model_copy(update=described)), ROWS)
