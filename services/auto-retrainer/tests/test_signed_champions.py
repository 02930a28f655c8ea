"""What the promoter makes of a champion that nobody who is trusted signed as it is."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from resonance_auto_retrainer.clocks import Clocks
from resonance_auto_retrainer.promoter import Promoter
from resonance_modeling.artifact import ANOMALY_DETECTION, ONNX_FILE, Artifact
from resonance_modeling.keys import make_pair
from resonance_modeling.registry import BUCKET, Registry, version_key
from resonance_modeling.signing_settings import SigningSettings
from resonance_modeling.testing import MemoryObjectStore
from resonance_runtime.records import Outgoing
from tests.support.learned import learned
from tests.support.ordinary_model import ordinary_model


@pytest.fixture(scope="module")
def artifact() -> Artifact:
    return ordinary_model(600)


@pytest.fixture
def settings(tmp_path: Path) -> SigningSettings:
    make_pair(tmp_path / "key.pem", tmp_path / "public")
    return SigningSettings(model_key=tmp_path / "key.pem", model_public_keys=str(tmp_path / "public"))


class Told(list[Outgoing]):
    """What was published."""

    async def publish(self, outgoing: Outgoing) -> None:
        self.append(outgoing)


def promoter(registry: Registry, told: Told) -> Promoter:
    return Promoter(ANOMALY_DETECTION, registry, told.publish, "here", Clocks())


async def promoted(registry: Registry, artifact: Artifact) -> Promoter:
    """A promoter that stored and promoted it."""
    one = promoter(registry, Told())
    await one.recover()
    await one.promote((await one.store(learned(artifact))).model_version, "in a test")
    return one


async def test_what_it_stores_is_signed_and_found_again(settings: SigningSettings, artifact: Artifact) -> None:
    store, told = MemoryObjectStore(), Told()
    await promoted(Registry(store, verifier=settings.verifier(), signer=settings.signer()), artifact)
    later = promoter(Registry(store, verifier=settings.verifier(), signer=settings.signer()), told)
    await later.recover()
    assert later.champion is not None and later.champion.version == artifact.manifest.model_version
    assert len(told) == 1


async def test_a_champion_from_before_there_were_signatures_is_trained_anew(
    settings: SigningSettings, artifact: Artifact
) -> None:
    store, told = MemoryObjectStore(), Told()
    await promoted(Registry(store), artifact)
    registry = Registry(store, verifier=settings.verifier(), signer=settings.signer())
    later = promoter(registry, told)
    await later.recover()
    assert later.champion is None and not told
    # The same vectors lead to the same version; this time it is signed.
    await later.promote((await later.store(learned(artifact))).model_version, "in a test")
    assert later.champion is not None and later.champion.version == artifact.manifest.model_version
    (change,) = told
    assert change.value.revision == 2
    assert await registry.get(ANOMALY_DETECTION, artifact.manifest.model_version) == learned(artifact).artifact


@pytest.mark.parametrize("gone", [False, True])
async def test_a_champion_of_which_a_file_was_changed_or_is_gone_is_trained_anew(
    settings: SigningSettings, artifact: Artifact, gone: bool
) -> None:
    store, told = MemoryObjectStore(), Told()
    registry = Registry(store, verifier=settings.verifier(), signer=settings.signer())
    await promoted(registry, artifact)
    key = BUCKET, version_key(ANOMALY_DETECTION, artifact.manifest.model_version, ONNX_FILE)
    data = store.objects.pop(key)
    if not gone:
        store.objects[key] = data[:-1]
    later = promoter(registry, told)
    await later.recover()
    assert later.champion is None and not told
    other = await asyncio.to_thread(ordinary_model, 700)
    await later.promote((await later.store(learned(other))).model_version, "in a test")
    assert [change.value.model_version for change in told] == [other.manifest.model_version]
