"""The model registry: immutable versions, and aliases that change by compare-and-swap, over an object store.

    models/<name>/versions/<version>/model.onnx
    models/<name>/versions/<version>/sequence.onnx          of an ensemble that looks back
    models/<name>/versions/<version>/training.<sha256>.npz  what it was learned from, where that was kept
    models/<name>/versions/<version>/manifest.json          written last: a version exists when it does
    models/<name>/aliases/<alias>.json                      the newest change of the alias
    models/<name>/aliases/<alias>/history/<revision>.json   every change, immutable

An alias is changed in this order:
1. the change before it is in the history (written now, if whoever made it died before doing so),
2. the alias is swapped, which only one of several promoters can do,
3. the change is written to the history.
So the history never lacks a change but the newest, and that one is in the alias itself. Each change names
the SHA-256 of the one before it, so a history that was rewritten shows.
"""

from __future__ import annotations

import re
from typing import Final

from resonance_modeling.alias import AliasChange, AliasName, AliasState, Named, next_change
from resonance_modeling.artifact import MODEL_NAME, ONNX_FILE, SEQUENCE_FILE, SHA256, Artifact, Manifest, StoredFile
from resonance_modeling.errors import HashMismatch, InvalidArtifact, PromotionConflict, RegistryError, UnknownVersion
from resonance_modeling.store import ObjectStore
from resonance_runtime.errors import NotFound

BUCKET: Final = "resonance-models"
MANIFEST_FILE: Final = "manifest.json"


class Registry:
    """Versions and aliases of models.

    Every call raises what the store raises when it does not answer, and may be repeated.
    """

    def __init__(self, store: ObjectStore, bucket: str = BUCKET) -> None:
        self._store = store
        self.bucket = bucket

    async def put_artifact(self, artifact: Artifact, snapshot: bytes | None = None) -> Manifest:
        """Stores an artifact under its version and gives back the stored manifest; again is no change.

        The first manifest of a version stays: a later one with the same content but other library versions,
        offsets or training set is not written.

        Args:
            artifact: The artifact.
            snapshot: The training set that its manifest describes; None where it describes none.

        Raises:
            HashMismatch: Something else is stored under this version, or the snapshot is not the manifest's.
            InvalidArtifact: The manifest describes a snapshot that was not given, or one was given that it does not.
        """
        name, version = artifact.manifest.model_name, artifact.manifest.model_version
        _check_snapshot(artifact.manifest, snapshot)
        for file, data in artifact.files.items():
            await self._put_same(version_key(name, version, file), data)
        if snapshot is not None and artifact.manifest.snapshot is not None:
            await self._put_same(_snapshot_key(artifact.manifest, artifact.manifest.snapshot), snapshot)
        key = version_key(name, version, MANIFEST_FILE)
        if await self._store.put_if_absent(self.bucket, key, artifact.manifest.to_bytes()):
            return artifact.manifest
        return await self.manifest(name, version)

    async def get(self, model_name: str, version: str) -> Artifact:
        """Reads and checks an artifact.

        Raises:
            UnknownVersion: There is none of that name and version.
            InvalidArtifact, HashMismatch: It is not what was stored.
        """
        manifest = await self.manifest(model_name, version)
        onnx = await self._read(model_name, version, ONNX_FILE)
        return Artifact(
            manifest, onnx, await self._read(model_name, version, SEQUENCE_FILE) if manifest.looks_back else None
        )

    async def snapshot(self, model_name: str, version: str) -> bytes:
        """Reads and checks what a version was learned from, a file in NumPy's format `.npz`.

        Raises:
            UnknownVersion: There is no such version, or its training set was not kept.
            InvalidArtifact, HashMismatch: It is not what was stored.
        """
        manifest = await self.manifest(model_name, version)
        if manifest.snapshot is None:
            raise UnknownVersion(f"The training set of {model_name} {version} was not kept.")
        key = _snapshot_key(manifest, manifest.snapshot)
        try:
            data = await self._store.get(self.bucket, key)
        except NotFound as error:
            raise UnknownVersion(f"The registry has no training set of {model_name} {version}.") from error
        manifest.snapshot.check(data)
        return data

    async def manifest(self, model_name: str, version: str) -> Manifest:
        """Reads and checks a manifest; errors as `get`."""
        return _checked(await self._read(model_name, version, MANIFEST_FILE), model_name, version)

    async def alias(self, model_name: str, alias: AliasName) -> AliasState | None:
        """An alias as it is now, None where it was never set.

        Raises:
            RegistryError: What is stored there is no change of this alias.
        """
        key = alias_key(model_name, alias)
        try:
            stored = await self._store.get_with_etag(self.bucket, key)
        except NotFound:
            return None
        change = AliasChange.from_bytes(stored.data, key)
        if (change.model_name, change.alias) != (model_name, alias):
            found = f"{change.model_name}/{change.alias}"
            raise RegistryError(f"Expected {model_name}/{alias} at {key}, but found {found}.")
        return AliasState(change, stored.etag)

    async def change_alias(
        self,
        model_name: str,
        alias: AliasName,
        version: str,
        *,
        seen: AliasState | None,
        changed_us: int,
        promoter: str,
        reason: str,
        share: float | None = None,
    ) -> AliasChange:
        """Lets an alias name another version, or "" for nothing, if it is still as it was `seen`.

        Of several promoters that saw the same state, one succeeds. A promoter whose swap worked but whose
        answer was lost succeeds when it repeats the call with the same arguments.

        Raises:
            UnknownVersion: There is no such version.
            RegistryError: A challenger without a share of the users, or another alias with one.
            PromotionConflict: Somebody else changed the alias first.
        """
        named = await self._named(model_name, version) if version else Named(model_name)
        before = None if seen is None else seen.change
        change = next_change(named, alias, before, changed_us=changed_us, promoter=promoter, reason=reason, share=share)
        if seen is not None:
            await self._record(seen.change)
        if not await self._swap(change, seen):
            await self._check_won_before(change)
        await self._record(change)
        return change

    async def history(self, model_name: str, alias: AliasName) -> list[AliasChange]:
        """Every change of an alias, oldest first, checked to be one unbroken chain.

        Raises:
            RegistryError: A change is missing, or was rewritten.
        """
        state = await self.alias(model_name, alias)
        changes = [] if state is None else [state.change]
        while changes and changes[-1].revision > 1:
            changes.append(await self._before(changes[-1]))
        return changes[::-1]

    async def _before(self, change: AliasChange) -> AliasChange:
        key = history_key(change.model_name, change.alias, change.revision - 1)
        try:
            before = AliasChange.from_bytes(await self._store.get(self.bucket, key), key)
        except NotFound as error:
            raise RegistryError(f"The history has no {key}, though revision {change.revision} follows it.") from error
        if before.digest != change.previous_change:
            raise RegistryError(f"{key} is not the change that revision {change.revision} followed: it was rewritten.")
        return before

    async def _swap(self, change: AliasChange, seen: AliasState | None) -> bool:
        key, data = alias_key(change.model_name, change.alias), change.to_bytes()
        if seen is None:
            return await self._store.put_if_absent(self.bucket, key, data)
        return await self._store.put_if_match(self.bucket, key, data, seen.etag)

    async def _check_won_before(self, change: AliasChange) -> None:
        """A lost swap is none if the alias says exactly what we wrote: only the answer had been lost."""
        now = await self.alias(change.model_name, change.alias)
        if now is None or now.change != change:
            found = "nothing" if now is None else f"revision {now.change.revision}, {_told(now.change)}"
            raise PromotionConflict(
                f"{change.model_name}/{change.alias} could not become {_told(change)}, revision "
                f"{change.revision}: it is {found} by now. Read it again and decide anew."
            )

    async def _record(self, change: AliasChange) -> None:
        await self._put_same(history_key(change.model_name, change.alias, change.revision), change.to_bytes())

    async def _put_same(self, key: str, data: bytes) -> None:
        """Writes an object that never changes; HashMismatch where something else is there."""
        if await self._store.put_if_absent(self.bucket, key, data):
            return
        if await self._store.get(self.bucket, key) != data:
            raise HashMismatch(f"{key} never changes, but other content is stored there: it was overwritten.")

    async def _named(self, model_name: str, version: str) -> Named:
        key = version_key(model_name, version, MANIFEST_FILE)
        data = await self._read(model_name, version, MANIFEST_FILE)
        catalogue_version = _checked(data, model_name, version).catalogue_version
        return Named(model_name, version, catalogue_version, key, StoredFile.of(MANIFEST_FILE, data))

    async def _read(self, model_name: str, version: str, file: str) -> bytes:
        try:
            return await self._store.get(self.bucket, version_key(model_name, version, file))
        except NotFound as error:
            raise UnknownVersion(f"The registry has no {file} of {model_name} {version}.") from error


def version_key(model_name: str, version: str, file: str) -> str:
    """Key of a file of a version.

    Raises:
        RegistryError: A name that no model has, or a version that is no SHA-256: either could leave its folder.
    """
    if not re.fullmatch(SHA256, version):
        raise RegistryError(f"A version is 64 hexadecimal digits in lower case, but this is {version[:100]!r}.")
    return f"{_folder(model_name)}/versions/{version}/{file}"


def alias_key(model_name: str, alias: AliasName) -> str:
    """Key of an alias; errors as `version_key`."""
    return f"{_folder(model_name)}/aliases/{alias}.json"


def history_key(model_name: str, alias: AliasName, revision: int) -> str:
    """Key of a change of an alias; errors as `version_key`."""
    return f"{_folder(model_name)}/aliases/{alias}/history/{revision:08d}.json"


def _snapshot_key(manifest: Manifest, snapshot: StoredFile) -> str:
    """Key of a training set: another one that led to the same version has another."""
    name, _, ending = snapshot.name.rpartition(".")
    return version_key(manifest.model_name, manifest.model_version, f"{name}.{snapshot.sha256}.{ending}")


def _check_snapshot(manifest: Manifest, snapshot: bytes | None) -> None:
    if (snapshot is None) != (manifest.snapshot is None):
        what = "no training set, but one was given" if manifest.snapshot is None else "a training set, but none came"
        raise InvalidArtifact(f"The manifest of {manifest.model_name} describes {what}: give both or neither.")
    if snapshot is not None and manifest.snapshot is not None:
        manifest.snapshot.check(snapshot)


def _told(change: AliasChange) -> str:
    return change.model_version[:12] or "nothing"


def _folder(model_name: str) -> str:
    if not re.fullmatch(MODEL_NAME, model_name):
        raise RegistryError(f"A model's name matches {MODEL_NAME}, but this is {model_name[:100]!r}.")
    return f"models/{model_name}"


def _checked(data: bytes, model_name: str, version: str) -> Manifest:
    manifest = Manifest.from_bytes(data)
    if (manifest.model_name, manifest.model_version) != (model_name, version):
        raise HashMismatch(
            f"Expected the manifest of {model_name} {version}, but found that of {manifest.model_name} "
            f"{manifest.model_version} in its place: store the artifact again."
        )
    return manifest
