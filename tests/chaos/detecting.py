"""The model of a run, and the evidence of detection."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from resonance_modeling.artifact import ANOMALY_DETECTION, Artifact
from resonance_modeling.registry import Registry
from resonance_modeling.scorer import EnsembleScorer
from resonance_predictor.ensemble import Ensemble
from resonance_predictor.scorer import ModelVersion, Scorer
from resonance_runtime.objects import ObjectStore
from resonance_runtime.settings import ObjectStoreSettings, load
from tests.chaos.detection import Detection
from tests.chaos.kept import kept_in
from tests.chaos.redetection import Undisturbed, Written, undisturbed_detection
from tests.chaos.said import Place, Said, counted, models_of
from tests.chaos.workers import PARTITIONS, Workers
from tests.support.topic_scan import Seen

SECOND_US = 1_000_000


@dataclass(slots=True)
class Promoted:
    """A model that was promoted.

    Attributes:
        version: Its version.
        vectors: How many it was trained on.
        members: Its detectors.
        at_s: When it was promoted, seconds since the first frame.
    """

    version: str
    vectors: int
    members: tuple[str, ...]
    at_s: float = 0.0

    @classmethod
    async def make(cls, environment: Mapping[str, str]) -> Promoted:
        """Has one made by a process of its own."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.chaos.modelling",
            env={**os.environ, **environment},
            stdout=asyncio.subprocess.PIPE,
        )
        try:
            said, _ = await process.communicate()
        finally:
            if process.returncode is None:
                process.kill()
        if process.returncode:
            raise RuntimeError(f"No model could be made: the process ended with status {process.returncode}.")
        told = json.loads(said.splitlines()[-1])
        return cls(told["version"], told["vectors"], tuple(told["members"]))

    def in_words(self) -> str:
        """For the report."""
        return f"{', '.join(self.members)}, of {self.vectors:,} vectors, promoted at {self.at_s:.0f} s"


async def gathered(
    workers: Workers, vectors: Sequence[Seen], said: Sequence[Seen], model: Promoted | None, first_fault: float
) -> Detection:
    """The evidence of what predictors did, with what they would have done.

    Args:
        workers: Whose they are.
        vectors: All records of vectors.
        said: All records of theirs.
        model: The model that was promoted.
        first_fault: When something was first done to one of them, seconds since the epoch.
    """
    models = models_of(said)
    artifact, kept = None, {}
    objects = ObjectStore(load(ObjectStoreSettings, workers.environment))
    try:
        if model is not None:
            artifact = await Registry(objects).get(ANOMALY_DETECTION, model.version)
        kept = await kept_in(objects, PARTITIONS, _shelf(artifact))
    finally:
        await objects.stop()
    written: defaultdict[int, list[Written]] = defaultdict(list)
    for record in vectors:
        written[record.partition].append(Written(record.id, record.value))
    begins = {p: next((id_ for id_, version in named if version), "") for p, named in models.items()}
    redone = await undisturbed_detection(written, {**workers.environment, **workers.detecting}, artifact, begins)
    undisturbed, later = _together(redone.values(), first_fault)
    return Detection(
        Said.of(said),
        undisturbed,
        later,
        {partition: [version for _, version in named] for partition, named in models.items()},
        "" if model is None else model.version,
        kept,
        {partition: one.kept for partition, one in redone.items()},
    )


def _shelf(artifact: Artifact | None) -> Callable[[ModelVersion], Awaitable[Scorer]]:
    """Where the kept state's model is had from."""

    async def get(version: ModelVersion) -> Scorer:
        if artifact is None or artifact.manifest.model_version != version.version:
            raise RuntimeError(f"The state goes by {version.name} {version.version}, which nobody promoted.")
        return Ensemble(EnsembleScorer(artifact))

    return get


def _together(redone: Iterable[Undisturbed], first_fault: float) -> tuple[Said, Counter[str]]:
    """What all partitions give, and how much of it, by topic, follows from frames after a time."""
    undisturbed, later = Said(), list[tuple[Place, bytes]]()
    for one in redone:
        for place, value, read_us in one.said:
            undisturbed.take(place, value)
            if read_us > first_fault * SECOND_US:
                later.append((place, value))
    return undisturbed, counted(later)
