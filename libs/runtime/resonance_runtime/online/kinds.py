"""What the online store holds: the newest vector and the newest prediction of each user."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from google.protobuf.message import Message

from resonance_contracts.pb.resonance.v1 import detection_pb2, features_pb2, online_pb2
from resonance_contracts.topics import FEATURES_COMPUTED, PREDICTIONS_SCORED, Topic
from resonance_runtime.online.versions import versioned

M = TypeVar("M", bound=Message)

# Replays would take people back in time.
STREAM: Final = "live"


@dataclass(frozen=True, slots=True)
class Kind(Generic[M]):
    """One kind of values.

    Attributes:
        name: What they are, in keys, metrics and health.
        message: What is stored.
        topic: Where they come from; its message has the columns `stream`, `user_key`, `erased` and `erased_us`.
        values: Gives value number i of a batch, as it is stored.
    """

    name: str
    message: type[M]
    topic: Topic
    values: Callable[[Any], Callable[[int], bytes]]

    def key(self, user_key: str) -> str:
        """Key in Redis."""
        return f"resonance:{self.name}:{user_key}"


def _vectors(batch: features_pb2.VectorBatch) -> Callable[[int], bytes]:
    # Each access to a column of a message costs as much as one to its content.
    ids, users, ordinals, values = batch.vector_id, batch.user_key, batch.ordinal, batch.values
    starts_us, ends_us, version, width = batch.start_us, batch.end_us, batch.catalogue_version, batch.width

    def value(i: int) -> bytes:
        vector = online_pb2.OnlineVector()
        vector.vector_id = ids[i]
        vector.user_key = users[i]
        vector.start_us = starts_us[i]
        vector.catalogue_version = version
        vector.values.extend(values[i * width : (i + 1) * width])
        return versioned(ends_us[i], ordinals[i], vector.SerializeToString())

    return value


def _predictions(batch: detection_pb2.PredictionBatch) -> Callable[[int], bytes]:
    def value(i: int) -> bytes:
        prediction = online_pb2.OnlinePrediction(
            vector_id=batch.vector_id[i],
            user_key=batch.user_key[i],
            score=batch.score[i],
            tail_probability=batch.tail_probability[i],
            severity=batch.severity[i],
            scorer=batch.scorer,
        )
        return versioned(batch.end_us[i], 0, prediction.SerializeToString())

    return value


FEATURES: Final = Kind("features", online_pb2.OnlineVector, FEATURES_COMPUTED, _vectors)
PREDICTIONS: Final = Kind("predictions", online_pb2.OnlinePrediction, PREDICTIONS_SCORED, _predictions)
