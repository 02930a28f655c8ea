"""A registry that asks for signatures: what it stores, what it gives back, and that a race spoils nothing."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from resonance_modeling.artifact import ANOMALY_DETECTION, MANIFEST_FILE, Artifact
from resonance_modeling.errors import HashMismatch, Untrusted
from resonance_modeling.keys import make_pair
from resonance_modeling.registry import BUCKET, Registry, version_key
from resonance_modeling.signatures import KeySigner, KeyVerifier
from resonance_modeling.testing import MemoryObjectStore

Make = Callable[..., Artifact]


class Keys:
    """A pair, and who signs and checks with it."""

    def __init__(self, folder: Path) -> None:
        make_pair(folder / "key.pem", folder / "public")
        self.signer = KeySigner(folder / "key.pem")
        self.verifier = KeyVerifier([folder / "public"])

    def registry(self, store: MemoryObjectStore) -> Registry:
        """One that signs and checks."""
        return Registry(store, verifier=self.verifier, signer=self.signer)


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    return Keys(tmp_path)


@pytest.fixture
def store() -> MemoryObjectStore:
    return MemoryObjectStore()


def manifest_key(artifact: Artifact) -> tuple[str, str]:
    return BUCKET, version_key(ANOMALY_DETECTION, artifact.manifest.model_version, MANIFEST_FILE)


def signature_of(artifact: Artifact) -> tuple[str, str]:
    name = f"signature.{sha256(artifact.manifest.to_bytes()).hexdigest()}.json"
    return BUCKET, version_key(ANOMALY_DETECTION, artifact.manifest.model_version, name)


async def test_what_is_stored_is_signed_before_it_is_there(
    keys: Keys, store: MemoryObjectStore, make_artifact: Make
) -> None:
    artifact = make_artifact()
    assert await keys.registry(store).put_artifact(artifact) == artifact.manifest
    assert list(store.objects)[-2:] == [signature_of(artifact), manifest_key(artifact)]
    reader = Registry(store, verifier=keys.verifier)
    assert await reader.get(ANOMALY_DETECTION, artifact.manifest.model_version) == artifact
    assert await reader.manifest(ANOMALY_DETECTION, artifact.manifest.model_version) == artifact.manifest


async def test_stored_again_nothing_changes(keys: Keys, store: MemoryObjectStore, make_artifact: Make) -> None:
    registry = keys.registry(store)
    await registry.put_artifact(make_artifact())
    before = dict(store.objects)
    assert await registry.put_artifact(make_artifact()) == make_artifact().manifest
    assert store.objects == before


async def test_the_first_signed_manifest_of_a_version_stays(
    keys: Keys, store: MemoryObjectStore, make_artifact: Make
) -> None:
    registry, first, later = keys.registry(store), make_artifact(), make_artifact(libraries={"onnx": "2"})
    await registry.put_artifact(first)
    assert await registry.put_artifact(later) == first.manifest
    assert await registry.get(ANOMALY_DETECTION, first.manifest.model_version) == first


async def test_a_manifest_that_nobody_signed_gives_way_to_a_signed_one(
    keys: Keys, store: MemoryObjectStore, make_artifact: Make
) -> None:
    unsigned, signed = make_artifact(), make_artifact(libraries={"onnx": "2"})
    await Registry(store).put_artifact(unsigned)
    registry, version = keys.registry(store), signed.manifest.model_version
    for look in (registry.get, registry.manifest, registry.snapshot):
        with pytest.raises(Untrusted, match="is not signed"):
            await look(ANOMALY_DETECTION, version)
    with pytest.raises(Untrusted, match="is not signed"):
        await Registry(store, verifier=keys.verifier).put_artifact(signed)
    assert await registry.put_artifact(signed) == signed.manifest
    assert await registry.get(ANOMALY_DETECTION, version) == signed


async def test_a_changed_manifest_gives_way_too(keys: Keys, store: MemoryObjectStore, make_artifact: Make) -> None:
    registry, artifact = keys.registry(store), make_artifact()
    await registry.put_artifact(artifact)
    store.objects[manifest_key(artifact)] = b"{}"
    assert await registry.put_artifact(artifact) == artifact.manifest


async def test_what_is_put_in_the_place_of_a_signature_is_replaced(
    keys: Keys, store: MemoryObjectStore, make_artifact: Make
) -> None:
    registry, artifact = keys.registry(store), make_artifact()
    store.objects[signature_of(artifact)] = b"{}"
    await registry.put_artifact(artifact)
    assert await registry.get(ANOMALY_DETECTION, artifact.manifest.model_version) == artifact


async def test_of_two_who_store_a_version_at_once_the_manifest_that_stays_is_signed(
    keys: Keys, store: MemoryObjectStore, make_artifact: Make
) -> None:
    mine, theirs = make_artifact(), make_artifact(libraries={"onnx": "2"})

    class Overtaken(MemoryObjectStore):
        """Lets somebody else store theirs just before our manifest is written."""

        async def put_if_absent(self, bucket: str, key: str, data: bytes) -> bool:
            if (bucket, key) == manifest_key(mine):
                await keys.registry(store).put_artifact(theirs)
            return await super().put_if_absent(bucket, key, data)

    overtaken = Overtaken()
    store.objects = overtaken.objects
    assert await keys.registry(overtaken).put_artifact(mine) == theirs.manifest
    assert await keys.registry(store).get(ANOMALY_DETECTION, mine.manifest.model_version) == theirs


async def test_only_a_version_that_is_trusted_can_be_promoted(
    keys: Keys, store: MemoryObjectStore, make_artifact: Make
) -> None:
    artifact, registry = make_artifact(), keys.registry(store)
    await Registry(store).put_artifact(artifact)
    with pytest.raises(Untrusted, match="is not signed"):
        await registry.change_alias(
            ANOMALY_DETECTION, "champion", artifact.manifest.model_version,
            seen=None, changed_us=1, promoter="p", reason="A reason.",
        )  # fmt: skip
    assert await registry.alias(ANOMALY_DETECTION, "champion") is None


async def test_a_changed_file_under_a_good_signature_is_refused(
    keys: Keys, store: MemoryObjectStore, make_artifact: Make
) -> None:
    artifact, other = make_artifact(), make_artifact(scale=2.0)
    version = artifact.manifest.model_version
    await keys.registry(store).put_artifact(artifact)
    store.objects[BUCKET, version_key(ANOMALY_DETECTION, version, "model.onnx")] = other.onnx
    with pytest.raises(HashMismatch, match="was changed or cut"):
        await keys.registry(store).manifest(ANOMALY_DETECTION, version)


def test_nobody_signs_what_they_would_not_check(keys: Keys, store: MemoryObjectStore) -> None:
    with pytest.raises(ValueError, match="a verifier with the signer"):
        Registry(store, signer=keys.signer)
