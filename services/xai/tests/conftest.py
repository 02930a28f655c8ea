"""A forest beside another detector, anomalies that it scored, and a store that holds it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from math import nan
from typing import Any

import pytest

from resonance_contracts.features import CATALOGUE_VERSION, INDEX
from resonance_contracts.pb.resonance.v1 import detection_pb2 as pb
from resonance_modeling.artifact import (
    ANOMALY_DETECTION,
    ONNX_FILE,
    Artifact,
)
from resonance_modeling.registry import BUCKET, MANIFEST_FILE, version_key
from resonance_modeling.scorer import EnsembleScorer
from resonance_runtime.errors import NotFound, Unavailable
from resonance_runtime.objects import Stored
from tests.support import waiting
from tests.support.forest_model import MEDIANS, artifact_of

USER = "u_abcdefghijklmnopqrstuvwx23"
END_US = 1_795_269_905_000_000
FLOOD = {
    "messages_per_minute": 340.0,
    "requests_per_user": 1500.0,
    "burstiness_score": -0.95,
    "channel_activity": 500.0,
}


@dataclass
class Shelf:
    """An object store in memory, as far as the registry reads it.

    Attributes:
        objects: Content by bucket and key.
        asked: Keys that were asked for, in order.
        down: Whether it does not answer.
    """

    objects: dict[tuple[str, str], bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    down: bool = False

    def put(self, artifact: Artifact) -> str:
        """Stores an artifact; gives its version."""
        name, version = artifact.manifest.model_name, artifact.manifest.model_version
        for file, data in ((MANIFEST_FILE, artifact.manifest.to_bytes()), (ONNX_FILE, artifact.onnx)):
            self.objects[BUCKET, version_key(name, version, file)] = data
        return version

    async def get(self, bucket: str, key: str) -> bytes:
        self.asked.append(key)
        if self.down:
            raise Unavailable("The object store cannot be reached.")
        if (bucket, key) not in self.objects:
            raise NotFound(f"The object store has no {bucket}/{key}.")
        return self.objects[bucket, key]

    async def get_with_etag(self, bucket: str, key: str) -> Stored:
        data = await self.get(bucket, key)
        return Stored(data, sha256(data).hexdigest())

    async def start(self) -> None:
        """It is there."""

    async def stop(self) -> None:
        """It stays."""


RULE = pb.Finding(
    detector=pb.DETECTOR_RULE, kind="message_flood", severity=pb.SEVERITY_HIGH, features=["messages_per_minute"],
    observed=340.0, threshold=100.0,
)  # fmt: skip
BASELINE = pb.Finding(
    detector=pb.DETECTOR_BASELINE, kind="unusual_volume", severity=pb.SEVERITY_MEDIUM,
    features=["messages_per_minute", "requests_per_user"], observed=8.0, threshold=4.0,
)  # fmt: skip
MODEL = pb.Finding(
    detector=pb.DETECTOR_MODEL, kind="unusual_behaviour", severity=pb.SEVERITY_MEDIUM, observed=0.0005, threshold=0.01
)


def make_anomaly(artifact: Artifact | None = None, features: dict[str, float] = FLOOD, **changes: Any) -> pb.Anomaly:
    """A flood; scored where an artifact is given."""
    values = list(MEDIANS)
    for name, value in features.items():
        values[INDEX[name]] = value
    anomaly = pb.Anomaly(
        vector_id="vector-1", user_key=USER, stream="live", start_us=END_US - 250_000, end_us=END_US,
        catalogue_version=CATALOGUE_VERSION, values=values, score=nan, tail_probability=nan,
        severity=pb.SEVERITY_HIGH, findings=[RULE], alert_ids=["alert-1"],
        scorer=pb.ScorerReference(rules_version="7c" * 32),
    )  # fmt: skip
    if artifact is not None:
        scorer = EnsembleScorer(artifact)
        anomaly.scorer.model_name, anomaly.scorer.model_version = ANOMALY_DETECTION, scorer.version
        anomaly.score = scorer.score([values])[0]
        anomaly.tail_probability = scorer.tail_probability([anomaly.score])[0]
    anomaly.MergeFrom(pb.Anomaly(**changes))
    return anomaly


def make_baseline() -> list[pb.FeatureBaseline]:
    """A user who is a little busier than the median."""
    return [pb.FeatureBaseline(mean=1.1 * median, spread=0.2 * median) for median in MEDIANS]


@pytest.fixture(scope="session")
def artifact() -> Artifact:
    return artifact_of(1)


@pytest.fixture(scope="session")
def other_artifact() -> Artifact:
    return artifact_of(2)


@pytest.fixture
def shelf(artifact: Artifact) -> Shelf:
    found = Shelf()
    found.put(artifact)
    return found


@pytest.fixture
def anomaly() -> Callable[..., pb.Anomaly]:
    return make_anomaly


@pytest.fixture
def baseline() -> list[pb.FeatureBaseline]:
    return make_baseline()


@pytest.fixture
def findings() -> dict[str, pb.Finding]:
    return {"rule": RULE, "baseline": BASELINE, "model": MODEL}


@pytest.fixture
def eventually() -> waiting.Eventually:
    return waiting.eventually
