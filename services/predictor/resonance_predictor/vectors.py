"""A batch of feature vectors as arrays, checked."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from resonance_contracts.features import CATALOGUE_VERSION, WIDTH
from resonance_contracts.pb.resonance.v1.features_pb2 import VectorBatch
from resonance_predictor.errors import BatchError

LONGEST_KEY: Final = 256
"""Characters; keys are pseudonyms, and state is kept by them."""


@dataclass(frozen=True, slots=True)
class Vectors:
    """Vectors of one stream in one partition, in the order they were computed.

    Attributes:
        stream: "live" or "replay:<id>".
        watermark_us: Event time that the stream has reached after these vectors.
        ids, users, ordinals, starts, ends: One entry a vector; times in microseconds.
        first_received, last_received: When the gateway read their frames; for latency only.
        values: (n, WIDTH), finite, in the catalogue's order.
        erased: Users who were erased before these vectors.
    """

    stream: str
    watermark_us: int
    ids: list[str]
    users: list[str]
    ordinals: list[int]
    starts: list[int]
    ends: list[int]
    first_received: list[int]
    last_received: list[int]
    values: NDArray[np.float64]
    erased: list[str]

    @classmethod
    def from_message(cls, batch: VectorBatch) -> Vectors:
        """Read a batch.

        Raises:
            BatchError: It is of another catalogue, its columns differ in length, or a value is not finite.
        """
        count = len(batch.vector_id)
        if count and (batch.catalogue_version != CATALOGUE_VERSION or batch.width != WIDTH):
            raise BatchError(
                f"expected vectors of catalogue {CATALOGUE_VERSION!r} with {WIDTH} values, got catalogue "
                f"{batch.catalogue_version!r} with {batch.width}; run extractor and predictor of one version"
            )
        column = partial(_column, batch, count)
        return cls(
            stream=batch.stream,
            watermark_us=batch.watermark_us,
            ids=list(batch.vector_id),
            users=_keys(column("user_key")),
            ordinals=column("ordinal"),
            starts=column("start_us"),
            ends=column("end_us"),
            first_received=column("first_received_us", may_be_empty=True),
            last_received=column("last_received_us", may_be_empty=True),
            values=_values(batch, count),
            erased=_keys(list(batch.erased)),
        )

    def __len__(self) -> int:
        return len(self.ids)


def _column(batch: VectorBatch, count: int, name: str, *, may_be_empty: bool = False) -> list[Any]:
    column = list(getattr(batch, name))
    if may_be_empty and not column:
        return [0] * count
    if len(column) != count:
        raise BatchError(f"expected {count} entries in {name}, as in vector_id, got {len(column)}")
    return column


def _keys(keys: list[str]) -> list[str]:
    if (longest := max(map(len, keys), default=0)) > LONGEST_KEY:
        raise BatchError(f"expected user keys of at most {LONGEST_KEY} characters, got one of {longest}")
    return keys


def _values(batch: VectorBatch, count: int) -> NDArray[np.float64]:
    values = np.array(batch.values, dtype=np.float64)
    if values.size != count * WIDTH:
        raise BatchError(f"expected {count * WIDTH} values for {count} vectors, got {values.size}")
    if not np.isfinite(values).all():
        row = int(np.argmin(np.isfinite(values))) // WIDTH
        raise BatchError(f"vector {batch.vector_id[row]} has a value that is not finite; vectors must be finite")
    return values.reshape(count, WIDTH)
