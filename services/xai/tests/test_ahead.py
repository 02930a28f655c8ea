"""The model in force is there before the first anomaly that names it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from resonance_contracts.topics import Service
from resonance_modeling.artifact import ANOMALY_DETECTION, Artifact
from resonance_modeling.registry import BUCKET, Registry, alias_key
from resonance_modeling.testing import MemoryObjectStore
from resonance_runtime.runtime import Runtime
from resonance_runtime.settings import load
from resonance_xai.ahead import Ahead
from resonance_xai.models import Models
from resonance_xai.settings import XaiSettings


class Asked(MemoryObjectStore):
    """Counts what is read."""

    def __init__(self) -> None:
        super().__init__()
        self.reads = 0

    async def get_with_etag(self, bucket: str, key: str) -> Any:
        self.reads += 1
        return await super().get_with_etag(bucket, key)


@pytest.fixture
async def runtime() -> AsyncIterator[Runtime[XaiSettings]]:
    found: Runtime[XaiSettings] = Runtime(Service.XAI, load(XaiSettings, {}))
    yield found
    await found.publisher.stop()


async def test_the_champion_is_loaded_once_before_it_is_asked_for(
    runtime: Runtime[XaiSettings], artifact: Artifact, other_artifact: Artifact
) -> None:
    store = Asked()
    registry = Registry(store)
    for one in (artifact, other_artifact):
        await registry.put_artifact(one)
    await registry.change_alias(
        ANOMALY_DETECTION, "champion", other_artifact.manifest.model_version,
        seen=None, changed_us=1, promoter="test", reason="It is in force.",
    )  # fmt: skip
    with ThreadPoolExecutor(1) as thread:
        models = Models(registry, thread)
        await Ahead(runtime, registry, models).fetch()
        before = store.reads
        await models.get(ANOMALY_DETECTION, other_artifact.manifest.model_version)
        assert store.reads == before, "it was there"
        await models.get(ANOMALY_DETECTION, artifact.manifest.model_version)
        assert store.reads > before


async def test_a_store_that_is_down_or_empty_or_holds_rubbish_is_no_fault(
    runtime: Runtime[XaiSettings], shelf: Any
) -> None:
    with ThreadPoolExecutor(1) as thread:
        models = Models(Registry(shelf), thread)
        ahead = Ahead(runtime, Registry(shelf), models)
        await ahead.fetch()
        shelf.down = True
        await ahead.fetch()
        shelf.down = False
        shelf.objects[BUCKET, alias_key(ANOMALY_DETECTION, "champion")] = b"{}"
        await ahead.fetch()
