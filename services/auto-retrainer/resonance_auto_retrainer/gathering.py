"""Fills the window from records: vectors from `features.computed`, flags from `anomalies.detected`, verdicts from
`feedback.given`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from resonance_auto_retrainer.drift import Streams
from resonance_auto_retrainer.errors import InvalidBatch
from resonance_auto_retrainer.verdicts import Verdict
from resonance_auto_retrainer.window import Vectors, VectorWindow
from resonance_contracts.features import CATALOGUE_VERSION, WIDTH
from resonance_contracts.pb.resonance.v1.detection_pb2 import Anomaly
from resonance_contracts.pb.resonance.v1.features_pb2 import VectorBatch
from resonance_contracts.pb.resonance.v1.operations_pb2 import FeedbackGiven
from resonance_modeling.load_log import LoadLog
from resonance_runtime.erasures import Erasures, received_us
from resonance_runtime.errors import Reject
from resonance_runtime.records import Record

BLOCK_US: Final = 3_600_000_000


class Gatherer:
    """Tells the window what was read.

    Attributes:
        window: What is filled.
        streams: Sums by block of time, flagged vectors included: see `drift`.
        load: The load by minute, flagged vectors included: they are load too.
        offsets: Next offset to read, by "<topic>/<partition>".
        erasures: Who was erased: vectors that were received of them until then are not trained on.
    """

    def __init__(self, window: VectorWindow, streams: Streams | None = None) -> None:
        self.window = window
        self.streams = streams or Streams(BLOCK_US)
        self.load = LoadLog()
        self.offsets: dict[str, int] = {}
        self.erasures = Erasures(window.erase, self.load.erase, self.streams.erase)

    async def handle(self, records: Sequence[Record[Any]]) -> None:
        """Takes records of these topics; repeats change nothing.

        Raises:
            Reject: A record is not what its topic carries; those before it were taken.
        """
        for record in records:
            self._take(record)
            self.offsets[f"{record.topic.name}/{record.partition}"] = record.offset + 1

    def _take(self, record: Record[Any]) -> None:
        if isinstance(record.value, VectorBatch):
            try:
                vectors = self._without_erased(record.value)
                self.window.add(vectors)
                self.streams.add(vectors.stream, vectors.users, vectors.end_us, vectors.values)
                self.load.add(vectors.stream, vectors.users, vectors.end_us, vectors.values)
            except InvalidBatch as error:
                raise Reject(str(error)) from error
        elif isinstance(record.value, Anomaly):
            self.window.flag([(record.value.end_us, record.value.vector_id)], record.value.alert_ids)
        elif isinstance(record.value, FeedbackGiven) and not self._is_erased(record.value):
            self.window.judge(verdict_of(record.value))

    def _is_erased(self, given: FeedbackGiven) -> bool:
        return self.erasures.covers(given.user_key, received_us(given.alert))

    def _without_erased(self, batch: VectorBatch) -> Vectors:
        vectors, received = vectors_of(batch), batch.last_received_us or batch.end_us
        if not len(received) == len(vectors.users) == len(vectors.ids):
            # The window says what is wrong with it.
            return vectors
        keep = [i for i, user in enumerate(vectors.users) if not self.erasures.covers(user, received[i])]
        if len(keep) == len(vectors.ids):
            return vectors
        return Vectors(
            vectors.stream,
            [vectors.ids[i] for i in keep],
            [vectors.users[i] for i in keep],
            [vectors.end_us[i] for i in keep],
            vectors.values[keep],
        )


def verdict_of(given: FeedbackGiven) -> Verdict:
    """What was said of an incident."""
    alert = given.alert
    return Verdict(
        given.alert_id,
        given.user_key,
        alert.stream,
        alert.opened_us,
        alert.last_seen_us,
        true=given.true_alarm,
        withdrawn=given.withdrawn,
        rank=(given.given_us, alert.revision),
    )


def vectors_of(batch: VectorBatch) -> Vectors:
    """The vectors of a batch.

    Raises:
        Reject: They follow another feature catalogue.
        InvalidBatch: Values do not make whole rows.
    """
    if batch.catalogue_version != CATALOGUE_VERSION or batch.width != WIDTH:
        raise Reject(
            f"Expected vectors of catalogue {CATALOGUE_VERSION!r} with {WIDTH} values, but these follow "
            f"{batch.catalogue_version[:20]!r} with {batch.width}; they are not trained on."
        )
    values = np.array(batch.values, dtype=np.float64)
    if values.size != len(batch.vector_id) * WIDTH:
        n = len(batch.vector_id)
        raise InvalidBatch(f"Expected {WIDTH} values for each of {n} vectors, but got {values.size} in all.")
    return Vectors(batch.stream, batch.vector_id, batch.user_key, batch.end_us, values.reshape(-1, WIDTH))
