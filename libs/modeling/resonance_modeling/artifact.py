"""The artifact of a model: its ONNX files and a manifest that says all there is to know about them. Never pickle.

The version of an artifact is a function of what it computes, of nothing else: see `content_version`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from resonance_modeling.calibration import Calibration
from resonance_modeling.clusters import Cluster
from resonance_modeling.errors import HashMismatch, InvalidArtifact, OlderFormat, SignatureMismatch

ANOMALY_DETECTION: Final = "anomaly_detection"
"""Name of the model that scores single vectors."""

MANIFEST_FORMAT: Final[Literal[2]] = 2
MANIFEST_FILE: Final = "manifest.json"
ONNX_FILE: Final = "model.onnx"
SEQUENCE_FILE: Final = "sequence.onnx"
"""What is expected of a user's next vector: beside the ensemble, where there was enough to learn it from."""
SNAPSHOT_FILE: Final = "training.npz"
"""What it was learned from, beside the artifact; those who serve do not read it."""
LARGEST_MANIFEST: Final = 16 * 1024 * 1024
UNKNOWN_REVISION: Final = "unknown"
MODEL_NAME: Final = r"^[a-z][a-z0-9_]{0,63}$"
SHA256: Final = r"^[0-9a-f]{64}$"

Sha256 = Annotated[str, Field(pattern=SHA256)]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class StoredFile(_Frozen):
    """One file of an artifact: its name within it, the SHA-256 of its bytes (hexadecimal) and their number."""

    name: str
    sha256: Sha256
    size: int = Field(ge=0)

    @classmethod
    def of(cls, name: str, data: bytes) -> StoredFile:
        """Describes `data`."""
        return cls(name=name, sha256=sha256(data).hexdigest(), size=len(data))

    def check(self, data: bytes) -> None:
        """Checks that `data` is this file.

        Raises:
            HashMismatch: It is not.
        """
        found = StoredFile.of(self.name, data)
        if found != self:
            raise HashMismatch(
                f"{self.name} should have {self.size} bytes with SHA-256 {self.sha256}, but has {found.size} with "
                f"{found.sha256}: it was changed or cut; store the artifact again."
            )


class Population(_Frozen):
    """The ordinary population: one value per feature, in the order of the manifest's feature names.

    Attributes:
        median: The reference that explanations compare with.
        mean, spread: Mean and standard deviation, from which baselines of new users start. A spread may be 0.
    """

    median: tuple[float, ...]
    mean: tuple[float, ...]
    spread: tuple[Annotated[float, Field(ge=0)], ...]


class Tensor(_Frozen):
    """An input or an output of a model: its name, its type ("FP32") and its shape, -1 for any size."""

    name: str
    datatype: Literal["FP32"] = "FP32"
    shape: tuple[int, ...]


class Signature(_Frozen):
    """What a model that does not score vectors takes and gives."""

    inputs: tuple[Tensor, ...] = Field(min_length=1)
    outputs: tuple[Tensor, ...] = Field(min_length=1)


class DataWindow(_Frozen):
    """What a model was trained on.

    Attributes:
        first_end_us, last_end_us: Event times of the oldest and the newest vector, microseconds.
        vectors: Vectors, those of the holdout included.
        users: Distinct users among them.
        flagged: Vectors of the same window that were left out because they had been flagged.
        called_ordinary: Those among `vectors` that had been flagged, but an operator called the incident false.
        called_real: Vectors that were left out though nothing had flagged them: an operator called an incident true
            that went on around them.
        streams: Event streams they came from.
        offsets: Next offset to read, by "<topic>/<partition>", when the window was closed.
    """

    first_end_us: int
    last_end_us: int
    vectors: int = Field(ge=1)
    users: int = Field(ge=1)
    flagged: int = Field(ge=0)
    called_ordinary: int = Field(default=0, ge=0)
    called_real: int = Field(default=0, ge=0)
    streams: tuple[str, ...]
    offsets: dict[str, int]


class Reference(_Frozen):
    """What was ordinary until a model was trained, for those who watch whether it still is. Scores do not depend on it.

    Attributes:
        stream: Stream whose vectors it is of.
        block_us: Length of a block of time, microseconds.
        blocks: Sums over vectors by block, packed as `resonance_training.drift.blocks` says.
    """

    stream: str
    block_us: int = Field(gt=0)
    blocks: str


class Member(_Frozen):
    """One detector of the ensemble, and its share in what they say together, as a weight above 0."""

    name: str = Field(pattern=MODEL_NAME)
    weight: float = Field(gt=0)


class Parity(_Frozen):
    """How far the served scores are from those of the trained model, over `rows` rows.

    Attributes:
        largest: Largest absolute difference of scores.
        mean: Mean absolute difference.
        tolerance: Largest difference that would have been accepted.
        by_kind: Largest difference by kind of row: "ordinary", "edge", "adversarial".
    """

    rows: int = Field(ge=1)
    largest: float = Field(ge=0)
    mean: float = Field(ge=0)
    tolerance: float = Field(gt=0)
    by_kind: dict[str, float]


class Manifest(_Frozen):
    """All there is to know about one version of a model.

    A model that scores vectors has a population, members and a calibration, any other one a signature.

    Attributes:
        model_version: `content_version` of the rest.
        files: Every file of the artifact beside this manifest.
        catalogue_version, feature_names: The features it was trained on, in order.
        population: The ordinary population.
        members: The detectors of the ensemble, in the order of the columns of the file's `members`.
        calibration: From surprise to tail probabilities.
        signature: Its inputs and outputs.
        clusters: The kinds of users that it tells apart, in their order, where it does.
        data_window: What it was trained on.
        reference: What was ordinary until then, by blocks of time; None of artifacts that were stored without. It is
            no part of the version.
        metrics: Figures measured in training, by name.
        parity: Distance of served scores from those of the trained model.
        opsets: Version of each ONNX operator set, by domain.
        libraries: Versions of the libraries that made it, by name.
        parameters: Parameters of the training, by name.
        git_revision: Commit of the code that made it, as `code_revision` says; "unknown" of artifacts that were stored
            without. It is no part of the version.
        snapshot: The training set, stored beside the artifact; None of artifacts that were stored without. It is no
            part of the version.
    """

    format: Literal[2] = MANIFEST_FORMAT
    model_name: str = Field(pattern=MODEL_NAME)
    model_version: Sha256
    files: tuple[StoredFile, ...]
    catalogue_version: str
    feature_names: tuple[str, ...] = Field(min_length=1)
    population: Population | None = None
    members: Annotated[tuple[Member, ...], Field(min_length=1)] | None = None
    calibration: Calibration | None = None
    signature: Signature | None = None
    clusters: Annotated[tuple[Cluster, ...], Field(min_length=1)] | None = None
    data_window: DataWindow
    reference: Reference | None = None
    metrics: dict[str, float]
    parity: Parity
    opsets: dict[str, int]
    libraries: dict[str, str]
    parameters: dict[str, str | int | float]
    git_revision: str = Field(UNKNOWN_REVISION, min_length=1, max_length=100)
    snapshot: StoredFile | None = None

    @model_validator(mode="after")
    def _kind(self) -> Self:
        scores = [part is not None for part in (self.population, self.members, self.calibration)]
        if any(scores) != all(scores) or any(scores) == (self.signature is not None):
            raise ValueError("expected a population, members and a calibration, or a signature without them")
        names = tuple(file.name for file in self.files)
        if names not in ((ONNX_FILE,), (ONNX_FILE, SEQUENCE_FILE)):
            raise ValueError(f"expected the file {ONNX_FILE}, and {SEQUENCE_FILE} after it or nothing, got {names}")
        if self.snapshot is not None and self.snapshot.name != SNAPSHOT_FILE:
            raise ValueError(f"expected a snapshot named {SNAPSHOT_FILE}, got {self.snapshot.name[:100]!r}")
        if self.clusters is not None and self.signature is None:
            raise ValueError("expected clusters with a signature only")
        centers = [(f"center {number}", one.center) for number, one in enumerate(self.clusters or ())]
        populations = [(f"population {name}", values) for name, values in self.population or ()]
        for name, values in populations + centers:
            if len(values) != len(self.feature_names):
                raise ValueError(f"expected {len(self.feature_names)} values of {name}, got {len(values)}")
        return self

    @property
    def looks_back(self) -> bool:
        """Whether the ensemble compares a vector with what was expected of it."""
        return any(file.name == SEQUENCE_FILE for file in self.files)

    def file(self, name: str) -> StoredFile:
        """The file of that name.

        Raises:
            InvalidArtifact: There is none.
        """
        for file in self.files:
            if file.name == name:
                return file
        raise InvalidArtifact(f"The manifest of {self.model_name} names no file {name}; it is not complete.")

    def scoring(self) -> tuple[Population, tuple[Member, ...], Calibration]:
        """Population, members and calibration of a model that scores vectors.

        Raises:
            SignatureMismatch: It is another kind of model.
        """
        if self.population is None or self.members is None or self.calibration is None:
            raise SignatureMismatch(f"Expected a model that scores vectors, but {self.model_name} does not.")
        return self.population, self.members, self.calibration

    def check_version(self) -> None:
        """Checks that the version is that of the content.

        Raises:
            HashMismatch: It is not.
        """
        found = content_version(
            self.model_name,
            self.file(ONNX_FILE).sha256,
            self.members,
            self.calibration,
            self.population,
            self.catalogue_version,
            self.feature_names,
            self.signature,
            self.file(SEQUENCE_FILE).sha256 if self.looks_back else None,
            self.clusters,
        )
        if found != self.model_version:
            raise HashMismatch(
                f"The manifest says version {self.model_version}, but its content has version {found}: "
                "it was changed; store the artifact again."
            )

    def to_bytes(self) -> bytes:
        """Canonical JSON: the same manifest always gives the same bytes."""
        return canonical_json(self.model_dump(mode="json", exclude_none=True))

    @classmethod
    def from_bytes(cls, data: bytes) -> Manifest:
        """Reads and checks a manifest.

        Raises:
            InvalidArtifact: It is not a manifest of this format, it is too large, or an object has a member twice, of
                which readers would see one or the other.
            OlderFormat: It is of a format before this one.
            HashMismatch: Its version is not that of its content.
        """
        if len(data) > LARGEST_MANIFEST:
            raise InvalidArtifact(f"A manifest has at most {LARGEST_MANIFEST} bytes, but this one has {len(data)}.")
        try:
            manifest = cls.model_validate_json(data)
        except ValidationError as error:
            _check_format(data)
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            raise InvalidArtifact(
                f"Expected a manifest of format {MANIFEST_FORMAT}, but {where or 'it'}: {first['msg']}."
            ) from error
        json.loads(data, object_pairs_hook=_once)
        manifest.check_version()
        return manifest


@dataclass(frozen=True, slots=True)
class Artifact:
    """A manifest and the ONNX files it describes.

    Attributes:
        onnx: The file of the model.
        sequence: That of what is expected of the next vector; None where the model does not look back.

    Raises:
        HashMismatch: A file is not the manifest's.
        InvalidArtifact: There is a file too many or too few.
    """

    manifest: Manifest
    onnx: bytes
    sequence: bytes | None = None

    def __post_init__(self) -> None:
        self.manifest.check_version()
        described, found = sorted(file.name for file in self.manifest.files), sorted(self.files)
        if described != found:
            raise InvalidArtifact(
                f"The manifest of {self.manifest.model_name} describes {', '.join(described)}, but the artifact has "
                f"{', '.join(found)}; store it again."
            )
        for name, data in self.files.items():
            self.manifest.file(name).check(data)

    @property
    def files(self) -> dict[str, bytes]:
        """Every file by name."""
        return {ONNX_FILE: self.onnx} | ({} if self.sequence is None else {SEQUENCE_FILE: self.sequence})


def _once(members: list[tuple[str, object]]) -> dict[str, object]:
    """Raises InvalidArtifact where a JSON object has a member twice."""
    found = dict(members)
    if len(found) != len(members):
        twice = next(name for name in found if sum(name == other for other, _ in members) > 1)
        raise InvalidArtifact(f"Expected each member of the manifest once, but {twice[:100]!r} is there twice.")
    return found


def _check_format(data: bytes) -> None:
    """Raises OlderFormat where the manifest is of a format before this one."""
    try:
        found = json.loads(data)
    except ValueError:
        return
    if isinstance(found, dict) and isinstance(found.get("format"), int) and found["format"] < MANIFEST_FORMAT:
        raise OlderFormat(
            f"The manifest has format {found['format']}, of an older version of Resonance, and this one reads format "
            f"{MANIFEST_FORMAT}: the auto-retrainer trains a new model in its place."
        )


def content_version(
    model_name: str,
    onnx_sha256: str,
    members: Sequence[Member] | None,
    calibration: Calibration | None,
    population: Population | None,
    catalogue_version: str,
    feature_names: Sequence[str],
    signature: Signature | None = None,
    sequence_sha256: str | None = None,
    clusters: Sequence[Cluster] | None = None,
) -> str:
    """Version of an artifact: SHA-256, hexadecimal, of the canonical JSON of an object with these members.

    `calibration`, `catalogue_version`, `clusters`, `feature_names`, `format`, `members`, `model_name`, `onnx_sha256`,
    `population`, `sequence_sha256`, `signature`, without those that the model does not have.
    It holds everything that a score, a tail probability or an explanation depends on, and nothing else: no
    time, no offsets, no library versions, so the same window trained twice has one version.
    """
    content: dict[str, object] = {
        "format": MANIFEST_FORMAT,
        "model_name": model_name,
        "onnx_sha256": onnx_sha256,
        "catalogue_version": catalogue_version,
        "feature_names": list(feature_names),
    }
    if sequence_sha256 is not None:
        content["sequence_sha256"] = sequence_sha256
    if members is not None:
        content["members"] = [member.model_dump(mode="json") for member in members]
    if clusters is not None:
        content["clusters"] = [cluster.model_dump(mode="json") for cluster in clusters]
    for name, part in (("calibration", calibration), ("population", population), ("signature", signature)):
        if part is not None:
            content[name] = part.model_dump(mode="json")
    return sha256(canonical_json(content)).hexdigest()


def canonical_json(content: object) -> bytes:
    """JSON in UTF-8 with sorted keys, no spaces, and numbers in their shortest form that reads back the same."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode()
