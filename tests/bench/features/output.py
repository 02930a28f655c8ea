"""What the service wrote, read again and compared with what it had to write."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from resonance_contracts.features import CATALOGUE_VERSION, FEATURE_NAMES, WIDTH
from resonance_contracts.pb.resonance.v1.features_pb2 import VectorBatch
from tests.bench.features.expected import Emissions

TOLERANCE = 1e-9


class Incomplete(AssertionError):
    """The output is not what the events give; the text says where."""


@dataclass(slots=True)
class Output:
    """Vectors as they came.

    Attributes:
        emissions: For each user, as expected.
        ids: Every id.
        last: Values of each user's last vector, in the catalogue's order.
    """

    emissions: Emissions = field(default_factory=dict)
    ids: set[str] = field(default_factory=set)
    last: dict[str, Sequence[float]] = field(default_factory=dict)
    _vectors: int = 0

    def add(self, value: bytes) -> None:
        """Takes a serialized VectorBatch.

        Raises:
            Incomplete: It does not follow on what came before, or its columns do not fit together.
        """
        batch = VectorBatch.FromString(value)
        if batch.catalogue_version != CATALOGUE_VERSION or batch.width != WIDTH:
            raise Incomplete(f"a batch has catalogue {batch.catalogue_version!r} and width {batch.width}")
        values = np.array(batch.values).reshape(len(batch.user_key), WIDTH)
        if not np.isfinite(values).all():
            raise Incomplete("a value is not finite")
        self.ids.update(batch.vector_id)
        self._vectors += len(batch.user_key)
        rows = zip(
            batch.user_key, batch.ordinal, batch.start_us, batch.end_us, batch.reason, values, strict=True
        )  # fmt: skip
        for user, ordinal, start_us, end_us, reason, row in rows:
            mine = self.emissions.get(user)
            if mine is None:
                mine = self.emissions[user] = array("q")
            mine.extend((start_us, end_us, reason))
            if ordinal * 3 != len(mine):
                raise Incomplete(f"vector {len(mine) // 3} of {user} has the ordinal {ordinal}")
            self.last[user] = row

    @property
    def vectors(self) -> int:
        """How many vectors came."""
        return self._vectors

    def compare(self, wanted: Emissions, samples: Mapping[str, Mapping[str, float]]) -> None:
        """Compares with what had to come.

        Args:
            wanted: Every vector of every user.
            samples: Some values of the last vectors of some users, by feature.

        Raises:
            Incomplete: Vectors are missing, are too many, or say something else.
        """
        if len(self.ids) != self.vectors:
            raise Incomplete(f"{self.vectors} vectors have {len(self.ids)} ids")
        if self.emissions.keys() != wanted.keys():
            raise Incomplete(f"vectors of {len(self.emissions)} users instead of {len(wanted)}")
        for user, entries in wanted.items():
            if self.emissions[user] != entries:
                raise Incomplete(
                    f"{user} has {len(self.emissions[user]) // 3} vectors, not the {len(entries) // 3} due"
                )
        for user, values in samples.items():
            for name, value in values.items():
                came = self.last[user][FEATURE_NAMES.index(name)]
                if abs(came - value) > TOLERANCE * max(1.0, abs(value)):
                    raise Incomplete(f"{name} of the last vector of {user} is {came!r} instead of {value!r}")
