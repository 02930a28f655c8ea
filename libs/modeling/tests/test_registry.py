"""The registry over a store with compare-and-swap: immutable versions, one winner, an unbroken history."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from resonance_modeling.alias import AliasChange, AliasState
from resonance_modeling.artifact import (
    ANOMALY_DETECTION,
    ONNX_FILE,
    SEQUENCE_FILE,
    SNAPSHOT_FILE,
    Artifact,
    Manifest,
    StoredFile,
)
from resonance_modeling.errors import HashMismatch, InvalidArtifact, PromotionConflict, RegistryError, UnknownVersion
from resonance_modeling.registry import BUCKET, MANIFEST_FILE, Registry, alias_key, history_key, version_key
from resonance_modeling.testing import MemoryObjectStore, StoredBytes
from resonance_runtime.errors import Unavailable

Make = Callable[..., Artifact]


class InterleavedStore(MemoryObjectStore):
    """Lets other tasks run before every call, as a store over a network does."""

    async def put_if_absent(self, bucket: str, key: str, data: bytes) -> bool:
        await asyncio.sleep(0)
        return await super().put_if_absent(bucket, key, data)

    async def put_if_match(self, bucket: str, key: str, data: bytes, etag: str) -> bool:
        await asyncio.sleep(0)
        return await super().put_if_match(bucket, key, data, etag)


class BreakingStore(MemoryObjectStore):
    """Breaks at the write of one key: before it is done, or after, when only the answer is lost."""

    def __init__(self, key: str, *, written: bool) -> None:
        super().__init__()
        self.breaks_at: str | None = key
        self.written = written

    async def put_if_absent(self, bucket: str, key: str, data: bytes) -> bool:
        broken = key == self.breaks_at
        if broken:
            self.breaks_at = None
        done = await super().put_if_absent(bucket, key, data) if self.written or not broken else False
        if broken:
            raise Unavailable("The store went away.")
        return done


async def promote(
    registry: Registry, artifact: Artifact, seen: AliasState | None, promoter: str = "one"
) -> AliasChange:
    version = artifact.manifest.model_version
    return await registry.change_alias(
        ANOMALY_DETECTION, "champion", version, seen=seen, changed_us=7, promoter=promoter, reason="A reason."
    )


async def test_gives_back_what_was_put(make_artifact: Make) -> None:
    registry, artifact = Registry(MemoryObjectStore()), make_artifact()
    assert await registry.put_artifact(artifact) == artifact.manifest
    assert await registry.get(ANOMALY_DETECTION, artifact.manifest.model_version) == artifact


async def test_gives_back_every_file_and_looks_for_no_other(make_manifest: Callable[..., Manifest]) -> None:
    store = MemoryObjectStore()
    registry, artifact = Registry(store), Artifact(make_manifest(b"onnx", b"sequence"), b"onnx", b"sequence")
    await registry.put_artifact(artifact)
    version = artifact.manifest.model_version
    assert await registry.get(ANOMALY_DETECTION, version) == artifact
    del store.objects[BUCKET, version_key(ANOMALY_DETECTION, version, SEQUENCE_FILE)]
    with pytest.raises(UnknownVersion, match=r"no sequence\.onnx of anomaly_detection"):
        await registry.get(ANOMALY_DETECTION, version)


async def test_the_first_manifest_of_a_version_stays(make_artifact: Make) -> None:
    store = MemoryObjectStore()
    registry, first, again = Registry(store), make_artifact(), make_artifact(libraries={"onnx": "2"})
    await registry.put_artifact(first)
    before = dict(store.objects)
    assert await registry.put_artifact(again) == first.manifest
    assert store.objects == before


async def test_a_version_without_manifest_is_not_there(make_artifact: Make) -> None:
    artifact = make_artifact()
    version = artifact.manifest.model_version
    store = BreakingStore(version_key(ANOMALY_DETECTION, version, MANIFEST_FILE), written=False)
    registry = Registry(store)
    with pytest.raises(Unavailable):
        await registry.put_artifact(artifact)
    assert len(store.objects) == 1
    with pytest.raises(UnknownVersion, match=r"no manifest\.json of anomaly_detection"):
        await registry.get(ANOMALY_DETECTION, version)
    await registry.put_artifact(artifact)
    assert await registry.get(ANOMALY_DETECTION, version) == artifact


async def test_refuses_an_artifact_that_was_overwritten(make_artifact: Make) -> None:
    store, artifact, other = MemoryObjectStore(), make_artifact(), make_artifact(scale=-2.0)
    registry, version = Registry(store), artifact.manifest.model_version
    await registry.put_artifact(artifact)
    store.objects[BUCKET, version_key(ANOMALY_DETECTION, version, ONNX_FILE)] = other.onnx
    with pytest.raises(HashMismatch, match=r"model\.onnx should have"):
        await registry.get(ANOMALY_DETECTION, version)
    with pytest.raises(HashMismatch, match="was overwritten"):
        await registry.put_artifact(artifact)


async def test_refuses_the_manifest_of_another_version(make_artifact: Make) -> None:
    store, artifact, other = MemoryObjectStore(), make_artifact(), make_artifact(scale=-2.0)
    registry, version = Registry(store), artifact.manifest.model_version
    await registry.put_artifact(artifact)
    store.objects[BUCKET, version_key(ANOMALY_DETECTION, version, MANIFEST_FILE)] = other.manifest.to_bytes()
    with pytest.raises(HashMismatch, match="in its place"):
        await registry.get(ANOMALY_DETECTION, version)


async def test_an_alias_that_was_never_set_is_none() -> None:
    registry = Registry(MemoryObjectStore())
    assert await registry.alias(ANOMALY_DETECTION, "champion") is None
    assert await registry.history(ANOMALY_DETECTION, "champion") == []


async def test_a_history_of_promotions(make_artifact: Make) -> None:
    registry = Registry(MemoryObjectStore())
    artifacts = [make_artifact(scale=-float(i)) for i in (1, 2, 3)]
    changes = []
    for artifact in artifacts:
        await registry.put_artifact(artifact)
        changes.append(await promote(registry, artifact, await registry.alias(ANOMALY_DETECTION, "champion")))
    versions = [a.manifest.model_version for a in artifacts]
    assert [c.revision for c in changes] == [1, 2, 3]
    assert [c.model_version for c in changes] == versions
    assert [c.previous_version for c in changes] == ["", *versions[:2]]
    assert await registry.history(ANOMALY_DETECTION, "champion") == changes
    assert await registry.alias(ANOMALY_DETECTION, "challenger") is None


async def test_a_version_that_is_not_stored_cannot_be_promoted(make_artifact: Make) -> None:
    registry = Registry(MemoryObjectStore())
    with pytest.raises(UnknownVersion):
        await promote(registry, make_artifact(), None)
    assert await registry.alias(ANOMALY_DETECTION, "champion") is None


@pytest.mark.parametrize("earlier", [0, 1])
async def test_of_many_promoters_that_saw_the_same_one_wins(make_artifact: Make, earlier: int) -> None:
    registry = Registry(InterleavedStore())
    artifacts = [make_artifact(scale=-1.0 - i) for i in range(8)]
    for artifact in artifacts:
        await registry.put_artifact(artifact)
    for _ in range(earlier):
        await promote(registry, artifacts[0], None)
    seen = await registry.alias(ANOMALY_DETECTION, "champion")
    ends = await asyncio.gather(
        *(promote(registry, a, seen, f"promoter {i}") for i, a in enumerate(artifacts)), return_exceptions=True
    )
    winners = [end for end in ends if isinstance(end, AliasChange)]
    losers = [end for end in ends if isinstance(end, PromotionConflict)]
    assert (len(winners), len(losers)) == (1, 7)
    state = await registry.alias(ANOMALY_DETECTION, "champion")
    assert state is not None
    assert state.change == winners[0]
    assert len(await registry.history(ANOMALY_DETECTION, "champion")) == earlier + 1


async def test_a_promoter_that_saw_an_older_state_loses(make_artifact: Make) -> None:
    registry = Registry(MemoryObjectStore())
    first, second, third = (make_artifact(scale=-float(i)) for i in (1, 2, 3))
    for artifact in (first, second, third):
        await registry.put_artifact(artifact)
    await promote(registry, first, None)
    old = await registry.alias(ANOMALY_DETECTION, "champion")
    change = await promote(registry, second, old)
    for seen in (old, None):
        with pytest.raises(PromotionConflict, match=f"it is revision 2, {change.model_version[:12]} by now"):
            await promote(registry, third, seen)
    assert (await registry.history(ANOMALY_DETECTION, "champion"))[-1] == change


async def test_the_same_version_by_two_promoters_has_one_winner_too(make_artifact: Make) -> None:
    registry, artifact = Registry(InterleavedStore()), make_artifact()
    await registry.put_artifact(artifact)
    ends = await asyncio.gather(
        promote(registry, artifact, None, "one"), promote(registry, artifact, None, "two"), return_exceptions=True
    )
    assert sorted(type(end).__name__ for end in ends) == ["AliasChange", "PromotionConflict"]


async def test_a_promoter_whose_answer_was_lost_repeats_and_wins(make_artifact: Make) -> None:
    registry = Registry(BreakingStore(alias_key(ANOMALY_DETECTION, "champion"), written=True))
    artifact = make_artifact()
    await registry.put_artifact(artifact)
    with pytest.raises(Unavailable):
        await promote(registry, artifact, None)
    change = await promote(registry, artifact, None)
    assert await registry.history(ANOMALY_DETECTION, "champion") == [change]


async def test_a_crash_between_swap_and_history_is_made_good(make_artifact: Make) -> None:
    key = history_key(ANOMALY_DETECTION, "champion", 1)
    store = BreakingStore(key, written=False)
    registry, first, second = Registry(store), make_artifact(), make_artifact(scale=-2.0)
    for artifact in (first, second):
        await registry.put_artifact(artifact)
    with pytest.raises(Unavailable):
        await promote(registry, first, None)
    assert (BUCKET, key) not in store.objects
    seen = await registry.alias(ANOMALY_DETECTION, "champion")
    assert seen is not None
    change = await promote(registry, second, seen)
    assert await registry.history(ANOMALY_DETECTION, "champion") == [seen.change, change]


async def test_a_rewritten_or_missing_history_shows(make_artifact: Make) -> None:
    store = MemoryObjectStore()
    registry, first, second = Registry(store), make_artifact(), make_artifact(scale=-2.0)
    for artifact in (first, second):
        await registry.put_artifact(artifact)
        await promote(registry, artifact, await registry.alias(ANOMALY_DETECTION, "champion"))
    key = BUCKET, history_key(ANOMALY_DETECTION, "champion", 1)
    store.objects[key] = store.objects[key].replace(b"A reason.", b"Another.")
    with pytest.raises(RegistryError, match="was rewritten"):
        await registry.history(ANOMALY_DETECTION, "champion")
    del store.objects[key]
    with pytest.raises(RegistryError, match="though revision 2 follows it"):
        await registry.history(ANOMALY_DETECTION, "champion")


@pytest.mark.parametrize("data", [b"", b"{}", b"\xff"])
async def test_refuses_an_alias_that_is_none(data: bytes) -> None:
    store = MemoryObjectStore()
    store.objects[BUCKET, alias_key(ANOMALY_DETECTION, "champion")] = data
    with pytest.raises(RegistryError, match="Expected a change of an alias at models/anomaly_detection/aliases"):
        await Registry(store).alias(ANOMALY_DETECTION, "champion")


async def test_refuses_the_alias_of_another_model(make_artifact: Make) -> None:
    store = MemoryObjectStore()
    registry, artifact = Registry(store), make_artifact()
    await registry.put_artifact(artifact)
    await promote(registry, artifact, None)
    champion = store.objects[BUCKET, alias_key(ANOMALY_DETECTION, "champion")]
    store.objects[BUCKET, alias_key(ANOMALY_DETECTION, "shadow")] = champion
    with pytest.raises(RegistryError, match="but found anomaly_detection/champion"):
        await registry.alias(ANOMALY_DETECTION, "shadow")


@pytest.mark.parametrize("version", ["", "..", "../" * 20, "A" * 64, "0" * 63])
async def test_refuses_versions_that_are_no_hash(version: str) -> None:
    with pytest.raises(RegistryError, match="64 hexadecimal digits"):
        await Registry(MemoryObjectStore()).get(ANOMALY_DETECTION, version)


@pytest.mark.parametrize("name", ["", "..", "a/b", "A", "a\n"])
async def test_refuses_names_that_could_leave_their_folder(name: str) -> None:
    with pytest.raises(RegistryError, match="name matches"):
        await Registry(MemoryObjectStore()).get(name, "0" * 64)


async def test_an_artifact_with_a_wrong_manifest_is_refused(make_artifact: Make) -> None:
    store, artifact = MemoryObjectStore(), make_artifact()
    registry, version = Registry(store), artifact.manifest.model_version
    await registry.put_artifact(artifact)
    store.objects[BUCKET, version_key(ANOMALY_DETECTION, version, MANIFEST_FILE)] = b"{}"
    with pytest.raises(InvalidArtifact, match="Expected a manifest"):
        await registry.get(ANOMALY_DETECTION, version)


async def test_a_training_set_is_kept_beside_the_version_and_checked(make_artifact: Make) -> None:
    store, data = MemoryObjectStore(), b"vectors"
    registry, artifact = Registry(store), make_artifact(snapshot=StoredFile.of(SNAPSHOT_FILE, data))
    assert await registry.put_artifact(artifact, data) == artifact.manifest
    version = artifact.manifest.model_version
    assert await registry.snapshot(ANOMALY_DETECTION, version) == data
    assert await registry.get(ANOMALY_DETECTION, version) == artifact
    (kept,) = [key for key in store.objects if key[1].endswith(".npz")]
    store.objects[kept] = b"vectorz"
    with pytest.raises(HashMismatch, match=r"training\.npz should have"):
        await registry.snapshot(ANOMALY_DETECTION, version)
    del store.objects[kept]
    with pytest.raises(UnknownVersion, match="no training set"):
        await registry.snapshot(ANOMALY_DETECTION, version)


async def test_the_training_set_is_that_of_the_manifest_that_stays(make_artifact: Make) -> None:
    store = MemoryObjectStore()
    registry = Registry(store)
    first, later = (make_artifact(snapshot=StoredFile.of(SNAPSHOT_FILE, data)) for data in (b"first", b"later"))
    version = first.manifest.model_version
    broken = BreakingStore(version_key(ANOMALY_DETECTION, version, MANIFEST_FILE), written=False)
    with pytest.raises(Unavailable):
        await Registry(broken).put_artifact(first, b"first")
    for at in (store, broken):
        await Registry(at).put_artifact(later, b"later")
        assert await Registry(at).put_artifact(first, b"first") == later.manifest
        assert await Registry(at).snapshot(ANOMALY_DETECTION, version) == b"later"
    assert await registry.get(ANOMALY_DETECTION, version) == later


async def test_a_version_without_training_set_says_so(make_artifact: Make) -> None:
    registry, artifact = Registry(MemoryObjectStore()), make_artifact()
    await registry.put_artifact(artifact)
    with pytest.raises(UnknownVersion, match="was not kept"):
        await registry.snapshot(ANOMALY_DETECTION, artifact.manifest.model_version)


@pytest.mark.parametrize(("described", "given"), [(b"a", None), (None, b"a"), (b"a", b"b")])
async def test_a_training_set_that_is_not_the_manifests_is_not_stored(
    make_artifact: Make, described: bytes | None, given: bytes | None
) -> None:
    store = MemoryObjectStore()
    artifact = make_artifact(snapshot=None if described is None else StoredFile.of(SNAPSHOT_FILE, described))
    with pytest.raises(InvalidArtifact):
        await Registry(store).put_artifact(artifact, given)
    assert not store.objects


async def test_a_history_that_was_read_before_is_read_on_from_there(make_artifact: Make) -> None:
    store = Counting()
    registry = Registry(store)
    versions = [(await registry.put_artifact(make_artifact(scale))).model_version for scale in (1.0, 2.0, 3.0)]
    known: list[AliasChange] = []
    for version in versions:
        seen = await registry.alias(ANOMALY_DETECTION, "champion")
        await registry.change_alias(
            ANOMALY_DETECTION, "champion", version, seen=seen, changed_us=1, promoter="p", reason="r"
        )
        store.read = 0
        known = await registry.history(ANOMALY_DETECTION, "champion", known)
        assert store.read == 1
    assert known == await registry.history(ANOMALY_DETECTION, "champion")
    assert await registry.history(ANOMALY_DETECTION, "champion", known) == known


class Counting(MemoryObjectStore):
    """Counts what is read."""

    read = 0

    async def get_with_etag(self, bucket: str, key: str) -> StoredBytes:
        self.read += 1
        return await super().get_with_etag(bucket, key)


async def test_a_version_is_found_by_its_first_digits(make_artifact: Make) -> None:
    registry = Registry(store := MemoryObjectStore())
    version = (await registry.put_artifact(make_artifact())).model_version
    assert await registry.resolve(ANOMALY_DETECTION, version[:8]) == version
    assert await registry.resolve(ANOMALY_DETECTION, version) == version
    twin = version[:-1] + ("0" if version[-1] != "0" else "1")
    await store.put_if_absent(BUCKET, version_key(ANOMALY_DETECTION, twin, ONNX_FILE), b"without a manifest")
    assert await registry.resolve(ANOMALY_DETECTION, version[:8]) == version
    await store.put_if_absent(BUCKET, version_key(ANOMALY_DETECTION, twin, MANIFEST_FILE), b"{}")
    with pytest.raises(RegistryError, match="2 versions"):
        await registry.resolve(ANOMALY_DETECTION, version[:8])
    for unknown, error in (("0" * 8, UnknownVersion), (version[:7], RegistryError), ("../" + version, RegistryError)):
        with pytest.raises(error):
            await registry.resolve(ANOMALY_DETECTION, unknown)
