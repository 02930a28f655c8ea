"""Immutable versions of models in an object store: stored, signed, read and checked.

    models/<name>/versions/<version>/model.onnx
    models/<name>/versions/<version>/sequence.onnx             of an ensemble that looks back
    models/<name>/versions/<version>/training.<sha256>.npz     what it was learned from, where that was kept
    models/<name>/versions/<version>/signature.<sha256>.json   of the files above and the manifest with that hash
    models/<name>/versions/<version>/manifest.json             written last: a version exists when it does

Where signatures are asked for, a manifest that nobody who is trusted signed is none, and a signed one of the same
version takes its place. A signature and a training set are named by a hash, so that of several who store the same
version none spoils what another one needs.
"""

from __future__ import annotations

import re
from hashlib import sha256
from typing import Final

from resonance_modeling.alias import Named
from resonance_modeling.artifact import (
    MANIFEST_FILE,
    MODEL_NAME,
    ONNX_FILE,
    SEQUENCE_FILE,
    SHA256,
    Artifact,
    Manifest,
    StoredFile,
)
from resonance_modeling.errors import HashMismatch, InvalidArtifact, RegistryError, UnknownVersion, Untrusted
from resonance_modeling.store import ObjectStore, Stored
from resonance_modeling.trust import Files, Signer, Verifier
from resonance_runtime.errors import NotFound, TooLarge

BUCKET: Final = "resonance-models"


class Versions:
    """Versions of models.

    Every call raises what the store raises when it does not answer, and may be repeated.

    Args:
        store: Where they are kept.
        bucket: In which bucket.
        verifier: Who checks signatures of all that is read; None where they are not asked for.
        signer: Who signs what is stored; only with a verifier, which is to trust them.
    """

    def __init__(
        self,
        store: ObjectStore,
        bucket: str = BUCKET,
        *,
        verifier: Verifier | None = None,
        signer: Signer | None = None,
    ) -> None:
        if signer is not None and verifier is None:
            raise ValueError("Expected a verifier with the signer, or what was stored would not be checked.")
        self._store = store
        self._verifier = verifier
        self._signer = signer
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
        manifest = artifact.manifest.to_bytes()
        if self._signer is not None:
            await self._put_signature(name, version, _signed(manifest, artifact), self._signer)
        if await self._store.put_if_absent(self.bucket, version_key(name, version, MANIFEST_FILE), manifest):
            return artifact.manifest
        return await self._put_instead(name, version, manifest)

    async def get(self, model_name: str, version: str) -> Artifact:
        """Reads and checks an artifact, and its signature where that is asked for.

        Raises:
            UnknownVersion: There is none of that name and version.
            InvalidArtifact, HashMismatch: It is not what was stored.
            Untrusted: Nobody who is trusted signed it as it is.
        """
        return await self._checked(model_name, version, await self._read(model_name, version, MANIFEST_FILE))

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
            data = await self._object(key)
        except NotFound as error:
            raise UnknownVersion(f"The registry has no training set of {model_name} {version}.") from error
        manifest.snapshot.check(data)
        return data

    async def manifest(self, model_name: str, version: str) -> Manifest:
        """Reads and checks a manifest; with signatures, the whole artifact. Errors as `get`."""
        return await self._manifest(model_name, version, await self._read(model_name, version, MANIFEST_FILE))

    async def _named(self, model_name: str, version: str) -> Named:
        key = version_key(model_name, version, MANIFEST_FILE)
        data = await self._read(model_name, version, MANIFEST_FILE)
        manifest = await self._manifest(model_name, version, data)
        return Named(model_name, version, manifest.catalogue_version, key, StoredFile.of(MANIFEST_FILE, data))

    async def _manifest(self, model_name: str, version: str, data: bytes) -> Manifest:
        """What manifest the bytes are; errors as `get`."""
        if self._verifier is None:
            return _parsed(data, model_name, version)
        return (await self._checked(model_name, version, data)).manifest

    async def _checked(self, model_name: str, version: str, data: bytes) -> Artifact:
        """The artifact whose manifest the bytes are; errors as `get`."""
        manifest = _parsed(data, model_name, version)
        onnx = await self._read(model_name, version, ONNX_FILE)
        sequence = await self._read(model_name, version, SEQUENCE_FILE) if manifest.looks_back else None
        artifact = Artifact(manifest, onnx, sequence)
        if self._verifier is not None:
            await self._check_signature(model_name, version, _signed(data, artifact), self._verifier)
        return artifact

    async def _check_signature(self, model_name: str, version: str, files: Files, verifier: Verifier) -> None:
        try:
            signature = await self._object(signature_key(model_name, version, files))
            await verifier.check(files, signature)
        except NotFound as error:
            raise Untrusted(
                f"{model_name} {version[:12]} is not used: it is not signed, or its manifest was changed after it was. "
                "Let the auto-retrainer, which has the key, train a new one."
            ) from error
        except Untrusted as error:
            raise Untrusted(f"{model_name} {version[:12]} is not used: {str(error).rstrip('.')}.") from error

    async def _put_signature(self, model_name: str, version: str, files: Files, signer: Signer) -> None:
        """Signs; a signature that is there stays if it is one, as ours would say no more."""
        key = signature_key(model_name, version, files)
        signature = await signer.sign(files)
        if await self._store.put_if_absent(self.bucket, key, signature) or self._verifier is None:
            return
        stored = await self._tagged(key)
        try:
            await self._verifier.check(files, stored.data)
        except Untrusted:
            # Another one that is put there meanwhile is by somebody who signed the same.
            await self._store.put_if_match(self.bucket, key, signature, stored.etag)

    async def _put_instead(self, model_name: str, version: str, data: bytes) -> Manifest:
        """The manifest that is there; where we sign and it is none that counts, ours in its place."""
        key = version_key(model_name, version, MANIFEST_FILE)
        stored = await self._tagged(key)
        try:
            return await self._manifest(model_name, version, stored.data)
        except InvalidArtifact:
            if self._signer is None:
                raise
        await self._store.put_if_match(self.bucket, key, data, stored.etag)
        return await self.manifest(model_name, version)

    async def _read(self, model_name: str, version: str, file: str) -> bytes:
        try:
            return await self._object(version_key(model_name, version, file))
        except NotFound as error:
            raise UnknownVersion(f"The registry has no {file} of {model_name} {version}.") from error

    async def _object(self, key: str) -> bytes:
        """Raises NotFound, and HashMismatch where what is there is too large to be ours."""
        try:
            return await self._store.get(self.bucket, key)
        except TooLarge as error:
            raise HashMismatch(str(error)) from error

    async def _tagged(self, key: str) -> Stored:
        """With the tag that a swap compares; errors as `_object`."""
        try:
            return await self._store.get_with_etag(self.bucket, key)
        except TooLarge as error:
            raise HashMismatch(str(error)) from error

    async def _put_same(self, key: str, data: bytes) -> None:
        """Writes an object that never changes; HashMismatch where something else is there."""
        if await self._store.put_if_absent(self.bucket, key, data):
            return
        if await self._object(key) != data:
            raise HashMismatch(f"{key} never changes, but other content is stored there: it was overwritten.")


def version_key(model_name: str, version: str, file: str) -> str:
    """Key of a file of a version.

    Raises:
        RegistryError: A name that no model has, or a version that is no SHA-256: either could leave its folder.
    """
    if not re.fullmatch(SHA256, version):
        raise RegistryError(f"A version is 64 hexadecimal digits in lower case, but this is {version[:100]!r}.")
    return f"{model_folder(model_name)}/versions/{version}/{file}"


def signature_key(model_name: str, version: str, files: Files) -> str:
    """Key of the signature of these files, the manifest among them; errors as `version_key`."""
    return version_key(model_name, version, f"signature.{sha256(files[MANIFEST_FILE]).hexdigest()}.json")


def _signed(manifest: bytes, artifact: Artifact) -> Files:
    """What a signature is of."""
    return {MANIFEST_FILE: manifest, **artifact.files}


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


def model_folder(model_name: str) -> str:
    if not re.fullmatch(MODEL_NAME, model_name):
        raise RegistryError(f"A model's name matches {MODEL_NAME}, but this is {model_name[:100]!r}.")
    return f"models/{model_name}"


def _parsed(data: bytes, model_name: str, version: str) -> Manifest:
    manifest = Manifest.from_bytes(data)
    if (manifest.model_name, manifest.model_version) != (model_name, version):
        raise HashMismatch(
            f"Expected the manifest of {model_name} {version}, but found that of {manifest.model_name} "
            f"{manifest.model_version} in its place: store the artifact again."
        )
    return manifest
