"""What comes out of a training: an artifact, and what it was learned from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from resonance_auto_retrainer.snapshot import Snapshot
from resonance_auto_retrainer.window import TrainingSet
from resonance_modeling.artifact import SNAPSHOT_FILE, Artifact, Reference, StoredFile
from resonance_modeling.load_log import Load


@dataclass(frozen=True, slots=True)
class Made:
    """Both, as they are stored.

    Attributes:
        artifact: Its manifest describes the snapshot.
        snapshot: See `snapshot`.
    """

    artifact: Artifact
    snapshot: bytes

    @classmethod
    def of(
        cls,
        artifact: Artifact,
        data: TrainingSet | Load,
        offsets: Mapping[str, int],
        reference: Reference | None = None,
    ) -> Made:
        """Puts together what a training gave, and what was ordinary until then."""
        snapshot = Snapshot(data, offsets).to_bytes()
        described = {"snapshot": StoredFile.of(SNAPSHOT_FILE, snapshot), "reference": reference}
        return cls(replace(artifact, manifest=artifact.manifest.model_copy(update=described)), snapshot)

    def measured(self, figures: Mapping[str, float]) -> Made:
        """With more figures in the manifest; they are no part of the version."""
        manifest = self.artifact.manifest
        described = manifest.model_copy(update={"metrics": {**manifest.metrics, **figures}})
        return replace(self, artifact=replace(self.artifact, manifest=described))
