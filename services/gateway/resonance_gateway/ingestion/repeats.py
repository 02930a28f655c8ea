"""A batch that is sent again is answered as it was the first time, and is not stored twice.

A backend that got no answer sends its batch again. Its events are known by their numbers, so storing them twice would
count them once all the same; but it would take room that is scarce just then, and clocks have moved on, so that events
that were taken might be refused. Remembered is the newest batch of each source, on the gateway that got it.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

from resonance_gateway.ingestion.intake import Storing
from resonance_gateway.ingestion.models import Batch, Taken

# An answer with more refusals is not worth its memory: the same ones would be refused again.
MOST_REFUSED: Final = 100


def fingerprint(batch: Batch) -> bytes:
    """The same for the same batch, 16 bytes."""
    return blake2b(batch.model_dump_json().encode(), digest_size=16).digest()


@dataclass(frozen=True, slots=True)
class Told:
    """What was made of a batch.

    Attributes:
        fingerprint: Of the batch.
        storing: Its events, on their way.
        answer: What its sender is told once they are stored.
    """

    fingerprint: bytes
    storing: Storing
    answer: Taken


class Repeats:
    """Remembers the newest batch of each source; the source that was used longest ago is forgotten first."""

    def __init__(self, capacity: int = 10_000) -> None:
        self._capacity = capacity
        self._told: OrderedDict[tuple[str, str], Told] = OrderedDict()

    def recall(self, source: tuple[str, str], fingerprint: bytes) -> Told | None:
        """What was made of the batch, where it is the newest of its source.

        Args:
            source: Name of the stream, and of the source on the wire.
            fingerprint: Of the batch.
        """
        told = self._told.get(source)
        return told if told is not None and told.fingerprint == fingerprint else None

    def note(self, source: tuple[str, str], told: Told) -> None:
        """A batch was taken."""
        if len(told.answer.refused) > MOST_REFUSED:
            self._told.pop(source, None)
            return
        self._told[source] = told
        self._told.move_to_end(source)
        if len(self._told) > self._capacity:
            self._told.popitem(last=False)

    def forget(self, source: tuple[str, str]) -> None:
        """What was made of the newest batch of a source came to nothing."""
        self._told.pop(source, None)
