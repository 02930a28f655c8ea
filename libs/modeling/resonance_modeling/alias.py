"""Aliases of models as values: what a change says, how the next one follows from it, how the chain holds."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from resonance_modeling.artifact import MODEL_NAME, StoredFile, canonical_json
from resonance_modeling.errors import RegistryError

AliasName = Literal["champion", "challenger", "shadow"]
Sha256OrNone = Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")]


class AliasChange(BaseModel):
    """One change of one alias.

    Attributes:
        revision: Number of the change, from 1, ascending by 1.
        model_version, previous_version: What the alias names now and named before; "" for nothing.
        manifest_key, manifest: Where the manifest of `model_version` is, and its hash and size; "" and None of nothing.
        catalogue_version: Of the features that `model_version` was trained on; "" of nothing.
        share: Share of the users whom a challenger serves; None of other aliases.
        changed_us: When it was changed, microseconds since the epoch, by the promoter's clock.
        promoter: Who changed it.
        reason: Why, a sentence.
        previous_change: SHA-256 of the change before it, "" for the first one.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    model_name: str = Field(pattern=MODEL_NAME)
    alias: AliasName
    revision: int = Field(ge=1)
    model_version: Sha256OrNone
    previous_version: Sha256OrNone
    manifest_key: str
    manifest: StoredFile | None = None
    catalogue_version: str
    changed_us: int
    promoter: str
    reason: str
    previous_change: Sha256OrNone
    share: Annotated[float, Field(gt=0, lt=1)] | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.manifest is None) != (self.model_version == ""):
            raise ValueError("expected a manifest with a version, and none without")
        if (self.share is not None) != (self.alias == "challenger" and self.model_version != ""):
            raise ValueError("expected a share of the users of a challenger, and of no other alias")
        return self

    def to_bytes(self) -> bytes:
        """Canonical JSON: the same change always gives the same bytes."""
        return canonical_json(self.model_dump(mode="json", exclude_none=True))

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
class Named:
    """What an alias is to name; without a version, nothing.

    Attributes:
        model_name: Of the model.
        version, catalogue_version: Of the version.
        manifest_key, manifest: Where its manifest is, and its hash and size.
    """

    model_name: str
    version: str = ""
    catalogue_version: str = ""
    manifest_key: str = ""
    manifest: StoredFile | None = None


@dataclass(frozen=True, slots=True)
class AliasState:
    """An alias as it was read: its newest change, and the tag that a swap compares."""

    change: AliasChange
    etag: str


def next_change(
    named: Named,
    alias: AliasName,
    before: AliasChange | None,
    *,
    changed_us: int,
    promoter: str,
    reason: str,
    share: float | None = None,
) -> AliasChange:
    """The change that lets `alias` name something else, after `before`.

    Raises:
        RegistryError: A challenger without a share of the users between 0 and 1, another alias with one, or a champion
            that would be taken away: it is replaced.
    """
    if alias == "champion" and not named.version:
        raise RegistryError(f"The champion of {named.model_name} can only be replaced, not taken away.")
    if (share is not None and 0.0 < share < 1.0) != (alias == "challenger" and named.version != ""):
        raise RegistryError(f"Expected a share of the users between 0 and 1 of a challenger alone, got {share}.")
    return AliasChange(
        model_name=named.model_name,
        alias=alias,
        revision=1 if before is None else before.revision + 1,
        model_version=named.version,
        previous_version="" if before is None else before.model_version,
        manifest_key=named.manifest_key,
        manifest=named.manifest,
        catalogue_version=named.catalogue_version,
        changed_us=changed_us,
        promoter=promoter,
        reason=reason,
        previous_change="" if before is None else before.digest,
        share=share,
    )
