"""A predictor, a process of its own, is told of a model that nobody signed: it says so to everyone and serves on."""

from __future__ import annotations

import asyncio
import json
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from resonance_contracts.topics import SERVICES_REPORTED
from resonance_local.stack import Stack
from resonance_modeling.artifact import Artifact
from resonance_modeling.faults import REFUSED
from resonance_modeling.registry import Registry
from resonance_modeling.signing_settings import SigningSettings
from resonance_runtime.objects import ObjectStore
from resonance_runtime.settings import ObjectStoreSettings, load
from tests.support.ordinary_model import ordinary_model
from tests.support.predictor_process import predictor
from tests.support.promoting import promote
from tests.support.topic_scan import scan

pytestmark = [pytest.mark.embedded, pytest.mark.kafka]

DEADLINE_S = 120


def get(port: int, path: str) -> Any:
    """JSON of the predictor."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
        return json.load(answer)


def eventually(look: Callable[[], bool], what: str) -> None:
    """Returns when it is so."""
    deadline = time.monotonic() + DEADLINE_S
    while not look():
        assert time.monotonic() < deadline, what
        time.sleep(0.1)


def served(port: int) -> str:
    """The version that answers."""
    versions: list[str] = get(port, "/v2/models/anomaly_detection")["versions"]
    return versions[0]


async def sign(artifact: Artifact, environment: dict[str, str]) -> None:
    """Stores a model anew, with the key, and tells nobody."""
    keys, objects = load(SigningSettings, environment), ObjectStore(load(ObjectStoreSettings, environment))
    try:
        await Registry(objects, verifier=keys.verifier(), signer=keys.signer()).put_artifact(artifact)
    finally:
        await objects.stop()


def test_an_unsigned_model_is_refused_and_told_of_and_taken_once_it_is_signed(parts: Stack, tmp_path: Path) -> None:
    first, second = ordinary_model(1000, 1), ordinary_model(1000, 2)
    version = second.manifest.model_version
    signing = {**parts.environment, **parts.signing}
    without = {name: value for name, value in parts.environment.items() if not name.startswith("RESONANCE_MODEL_")}
    with predictor(signing, first, tmp_path) as process:
        assert get(process.port, "/health")["details"]["signatures"].startswith("asked for")
        asyncio.run(promote(second, without))
        eventually(lambda: REFUSED in get(process.port, "/health")["details"], "the model was not refused")
        health = get(process.port, "/health")
        assert health["details"][REFUSED] == version
        assert "is not signed" in health["degraded"]["model"]
        assert served(process.port) == first.manifest.model_version

        def told() -> bool:
            reports = asyncio.run(scan(parts.environment["RESONANCE_KAFKA_BOOTSTRAP"], [SERVICES_REPORTED]))
            return any(r.message.details.get(REFUSED) == version for r in reports[SERVICES_REPORTED.name])

        eventually(told, "nobody was told")
        asyncio.run(sign(second, signing))
        eventually(lambda: served(process.port) == version, "the model was not tried again")
        health = get(process.port, "/health")
        assert REFUSED not in health["details"] and "model" not in health["degraded"]
