"""Aliases of models as values: what a change says, how the next one follows from it, how the chain holds."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from resonance_modeling.artifact import MODEL_NAME, Manifest, Sha256, StoredFile, canonical_json
from resonance_modeling.errors import RegistryError

AliasName = Literal["champion", "challenger", "shadow"]
Sha256OrNone = Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")]


class AliasChange(BaseModel):
    """One change of one alias.

    Attributes:
        revision: Number of the change, from 1, ascending by 1.
        model_version, previous_version: What the alias names now and named before; the latter "" at first.
        manifest_key, manifest: Where the manifest of `model_version` is, and its hash and size.
        catalogue_version: Of the features that `model_version` was trained on.
        changed_us: When it was changed, microseconds since the epoch, by the promoter's clock.
        promoter: Who changed it.
        reason: Why, a sentence.
        previous_change: SHA-256 of the change before it, "" for the first one.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    model_name: str = Field(pattern=MODEL_NAME)
    alias: AliasName
    revision: int = Field(ge=1)
    model_version: Sha256
    previous_version: Sha256OrNone
    manifest_key: str
    manifest: StoredFile
    catalogue_version: str
    changed_us: int
    promoter: str
    reason: str
    previous_change: Sha256OrNone

    def to_bytes(self) -> bytes:
        """Canonical JSON: the same change always gives the same bytes."""
        return canonical_json(self.model_dump(mode="json"))

    @property
    def digest(self) -> str:
        """SHA-256 of its bytes, hexadecimal: what the change after it names."""
        return sha256(self.to_bytes()).hexdigest()

    @classmethod
    def from_bytes(cls, data: bytes, key: str) -> AliasChange:
        """Reads a change that is stored at `key`.

        Raises:
            RegistryError: It is none.
        """
        try:
            return cls.model_validate_json(data)
        except ValidationError as error:
            fault = error.errors()[0]
            where = ".".join(str(part) for part in fault["loc"])
            raise RegistryError(f"Expected a change of an alias at {key}, but {where}: {fault['msg']}.") from error


@dataclass(frozen=True, slots=True)
class AliasState:
    """An alias as it was read: its newest change, and the tag that a swap compares."""

    change: AliasChange
    etag: str


def next_change(
    manifest: Manifest,
    manifest_key: str,
    manifest_file: StoredFile,
    alias: AliasName,
    before: AliasChange | None,
    *,
    changed_us: int,
    promoter: str,
    reason: str,
) -> AliasChange:
    """The change that lets `alias` name the version of `manifest`, after `before`."""
    return AliasChange(
        model_name=manifest.model_name,
        alias=alias,
        revision=1 if before is None else before.revision + 1,
        model_version=manifest.model_version,
        previous_version="" if before is None else before.model_version,
        manifest_key=manifest_key,
        manifest=manifest_file,
        catalogue_version=manifest.catalogue_version,
        changed_us=changed_us,
        promoter=promoter,
        reason=reason,
        previous_change="" if before is None else before.digest,
    )
