"""What a model was learned from, as it is stored beside it: the same training set gives the same bytes.

Users are numbers in the order in which they first appear, so nobody can be found in it, and nobody be erased from it.
Numbers that 32 bits hold exactly take 32.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from resonance_auto_retrainer.arrays import MOST_BYTES, read_arrays, write_arrays
from resonance_auto_retrainer.errors import BadSnapshot
from resonance_auto_retrainer.verdicts import MOST_WEIGHT
from resonance_auto_retrainer.window import TrainingSet
from resonance_contracts.features import CATALOGUE_VERSION, FEATURE_NAMES
from resonance_modeling.artifact import canonical_json
from resonance_modeling.load import SERIES
from resonance_modeling.load_log import Load

Of = Literal["vectors", "load"]
PLACES: Final = ("user", "sitting")
VERDICTS: Final = ("called", "weight")


class _Facts(BaseModel):
    """What is said beside the arrays."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = 1
    of: Of
    catalogue_version: str
    offsets: dict[str, int]
    streams: tuple[str, ...] = Field(min_length=1)
    first: int
    last: int
    flagged: int = Field(0, ge=0)
    called_real: int = Field(0, ge=0)
    vectors: int = Field(0, ge=0)
    users: int = Field(0, ge=0)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A training set, of vectors or of the load, and how far each topic had been read."""

    data: TrainingSet | Load
    offsets: Mapping[str, int]

    def to_bytes(self) -> bytes:
        """An archive of arrays; see `arrays`."""
        arrays, facts = _of_vectors(self.data) if isinstance(self.data, TrainingSet) else _of_load(self.data)
        facts |= {"catalogue_version": CATALOGUE_VERSION, "offsets": dict(self.offsets)}
        return write_arrays(arrays, canonical_json(_Facts.model_validate(facts).model_dump(mode="json")))

    @classmethod
    def from_bytes(cls, data: bytes, of: Of, most_bytes: int = MOST_BYTES) -> Snapshot:
        """Reads and checks it.

        Args:
            data: The archive.
            of: What it must be of.
            most_bytes: How large it may be when it is unpacked.

        Raises:
            BadSnapshot: It is no training set of that kind and of today's features, or larger.
        """
        names = (*FEATURE_NAMES, *PLACES, *VERDICTS) if of == "vectors" else SERIES
        arrays, said = read_arrays(data, names, most_bytes)
        try:
            facts = _Facts.model_validate_json(said)
        except ValidationError as error:
            where = ".".join(map(str, (fault := error.errors()[0])["loc"]))
            raise BadSnapshot(
                f"Expected the facts of a training set, but {where or 'they'}: {fault['msg']}."
            ) from error
        if facts.of != of or facts.catalogue_version != CATALOGUE_VERSION:
            raise BadSnapshot(
                f"Expected a training set of {of} of feature catalogue {CATALOGUE_VERSION!r}, but this one is of "
                f"{facts.of} of {facts.catalogue_version!r}."
            )
        _check_columns(arrays)
        read = _to_vectors(arrays, facts) if of == "vectors" else _to_load(arrays, facts)
        return cls(read, facts.offsets)


def _of_vectors(data: TrainingSet) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    arrays: dict[str, NDArray[Any]] = {
        name: _narrow(column) for name, column in zip(FEATURE_NAMES, data.values.T, strict=True)
    }
    arrays |= {"user": data.users.astype(np.uint32), "sitting": data.sittings.astype(np.uint32)}
    arrays |= {"called": data.called.astype(np.uint32), "weight": data.weights.astype(np.uint32)}
    return arrays, {
        "of": "vectors",
        "streams": data.streams,
        "first": data.first_end_us,
        "last": data.last_end_us,
        "flagged": data.flagged,
        "called_real": data.called_real,
    }


def _of_load(load: Load) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    arrays = {name: _narrow(column) for name, column in zip(SERIES, load.counts.T, strict=True)}
    return arrays, {
        "of": "load",
        "streams": (load.stream,),
        "first": load.first_minute,
        "last": load.first_minute + len(load),
        "vectors": load.vectors,
        "users": load.users,
    }


def _to_vectors(arrays: Mapping[str, NDArray[Any]], facts: _Facts) -> TrainingSet:
    count = len(arrays["user"])
    for name in PLACES:
        if arrays[name].dtype.kind == "f" or arrays[name].max() >= count:
            raise BadSnapshot(f"Expected numbers below {count} as {name}, but there are others.")
    called, weights = (arrays[name] for name in VERDICTS)
    if not np.isin(called, (0, 1)).all() or not np.isin(weights, range(1, MOST_WEIGHT + 1)).all():
        raise BadSnapshot(f"Expected 0 or 1 as called and 1 to {MOST_WEIGHT} as weight, but there are others.")
    return TrainingSet(
        np.stack([arrays[name].astype(np.float64) for name in FEATURE_NAMES], axis=1),
        arrays["user"].astype(np.uint64),
        arrays["sitting"].astype(np.int64),
        facts.first,
        facts.last,
        facts.streams,
        facts.flagged,
        called.astype(np.bool_),
        weights.astype(np.int64),
        facts.called_real,
    )


def _to_load(arrays: Mapping[str, NDArray[Any]], facts: _Facts) -> Load:
    counts = np.stack([arrays[name].astype(np.float64) for name in SERIES], axis=1)
    return Load(facts.streams[0], facts.first, counts, facts.vectors, facts.users)


def _check_columns(arrays: Mapping[str, NDArray[Any]]) -> None:
    shapes = {column.shape for column in arrays.values()}
    if len(shapes) != 1 or len(shape := shapes.pop()) != 1 or not shape[0]:
        raise BadSnapshot("Expected columns of one length, at least one row, but there are others.")
    for name, column in arrays.items():
        if not np.isfinite(column).all():
            raise BadSnapshot(f"Every value must be finite, but {name} has one that is not.")


def _narrow(column: NDArray[np.float64]) -> NDArray[Any]:
    """In 32 bits where that changes nothing."""
    with np.errstate(over="ignore"):
        narrow = column.astype(np.float32)
    return narrow if np.array_equal(narrow, column) else np.ascontiguousarray(column)
