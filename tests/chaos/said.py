"""What the predictors said, as it lies on their topics: each record by its id, as it came first."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from resonance_contracts.pb.resonance.v1.detection_pb2 import PredictionBatch
from resonance_contracts.topics import (
    ALERTS_ESCALATED,
    ALERTS_RAISED,
    ALERTS_RESOLVED,
    ANOMALIES_DETECTED,
    BY_NAME,
    PREDICTIONS_SCORED,
    Topic,
)
from tests.support.topic_scan import Seen

SAID: Final[tuple[Topic, ...]] = (
    PREDICTIONS_SCORED,
    ANOMALIES_DETECTED,
    ALERTS_RAISED,
    ALERTS_ESCALATED,
    ALERTS_RESOLVED,
)

NAMES: Final[Mapping[str, str]] = {
    PREDICTIONS_SCORED.name: "predictions",
    ANOMALIES_DETECTED.name: "anomalies",
    ALERTS_RAISED.name: "alerts raised",
    ALERTS_ESCALATED.name: "alerts escalated",
    ALERTS_RESOLVED.name: "alerts resolved",
}

BEFORE_ID: Final = "/predictions"
"""What follows the id of a record of vectors in that of its predictions."""


class Place(NamedTuple):
    """Name of a topic, and id of a record on it."""

    topic: str
    id: str

    def __str__(self) -> str:
        return f"{NAMES[self.topic]} {self.id}"


@dataclass(slots=True)
class Said:
    """Records by topic and id.

    Attributes:
        first: Every record, as it came first.
        repeats: How many came again, by topic.
        different: Those that came again with another content.
    """

    first: dict[Place, bytes] = field(default_factory=dict)
    repeats: Counter[str] = field(default_factory=Counter)
    different: list[Place] = field(default_factory=list)

    @classmethod
    def of(cls, records: Iterable[Seen]) -> Said:
        """From records in the order of each partition's log."""
        said = cls()
        for record in records:
            said.take(Place(record.topic.name, record.id), record.value)
        return said

    def take(self, place: Place, value: bytes) -> None:
        """Take in one more record."""
        known = self.first.setdefault(place, value)
        if known is not value:
            self.repeats[place.topic] += 1
            if known != value:
                self.different.append(place)

    def counts(self) -> Counter[str]:
        """How many there are, by topic; of predictions how many vectors are scored."""
        return counted(self.first.items())


def counted(records: Iterable[tuple[Place, bytes]]) -> Counter[str]:
    """How many there are of some records, by topic; of predictions how many vectors are scored."""
    counts: Counter[str] = Counter()
    for place, value in records:
        scores = place.topic == PREDICTIONS_SCORED.name
        counts[place.topic] += len(PredictionBatch.FromString(value).vector_id) if scores else 1
    return counts


def in_words(counts: Mapping[str, int]) -> str:
    """Counts by topic as people say them."""
    return ", ".join(f"{counts.get(topic.name, 0):,} {NAMES[topic.name]}" for topic in SAID)


def different_field(topic: str, got: bytes, want: bytes) -> str:
    """The first field in which two records of a topic differ, in words."""
    message = BY_NAME[topic].message
    one, other = message.FromString(got), message.FromString(want)
    for described in message.DESCRIPTOR.fields:
        # As text, for a NaN is as unlike itself as it is unlike a number.
        said, wanted = str(getattr(one, described.name)), str(getattr(other, described.name))
        if said != wanted:
            return f"{described.name} is {_short(said)}, undisturbed {_short(wanted)}"
    return "the bytes differ"


def models_of(records: Iterable[Seen]) -> dict[int, list[tuple[str, str]]]:
    """The models that predictions name, by partition: the id of the record of vectors that first went by each.

    A model that is named again after another is told again: it should not be.
    """
    known: defaultdict[int, list[tuple[str, str]]] = defaultdict(list)
    seen = set[str]()
    for record in records:
        if record.topic is not PREDICTIONS_SCORED or record.id in seen:
            continue
        seen.add(record.id)
        version = record.message.scorer.model_version
        if not known[record.partition] or known[record.partition][-1][1] != version:
            known[record.partition].append((record.id.partition(BEFORE_ID)[0], version))
    return dict(known)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 120 else f"{line[:120]}…"
