"""Detection in one partition: batches of vectors in; predictions, anomalies and alerts out.

A pure function of the records applied, in their order, and of the terms in force. To keep it so across a crash,
terms change only where a snapshot is written before the next record is applied (`activate`), and the snapshot
holds them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

from resonance_contracts.pb.resonance.v1.features_pb2 import VectorBatch
from resonance_predictor import state
from resonance_predictor.errors import StateError
from resonance_predictor.messages import Outputs
from resonance_predictor.passage import Passage
from resonance_predictor.passing_time import advance
from resonance_predictor.rules import RuleBook
from resonance_predictor.scorer import Scorer
from resonance_predictor.state import Header, StreamMark
from resonance_predictor.terms import Terms
from resonance_predictor.users import Users
from resonance_predictor.vectors import Vectors


class PartitionDetector:
    """Detection in one partition, with the state of all its users.

    Attributes:
        terms: What it goes by.
        offset: Newest record applied; -1 before the first.
    """

    def __init__(self, terms: Terms) -> None:
        self.terms = terms
        self.offset = -1
        self._users = Users()

    def apply(self, offset: int, batch: VectorBatch) -> Outputs:
        """Take one record into account. A record at or below `offset` was applied before and gives nothing.

        Args:
            offset: The record's offset in the partition.
            batch: Its value.

        Raises:
            BatchError: The batch breaks its contract; nothing was changed.
        """
        if offset <= self.offset:
            return Outputs()
        vectors = Vectors.from_message(batch)
        self.offset = offset
        outputs = Passage(self._users, self.terms, vectors).run()
        outputs.resolved += advance(self._users, vectors.stream, vectors.watermark_us, self.terms.quiet_us)
        return outputs

    def activate(self, terms: Terms) -> None:
        """Go by other terms from the next record on. Write a snapshot before applying it."""
        self.terms = terms
        for stream in self._users.streams.values():
            stream.due_us = 0

    def open_incidents(self) -> int:
        """Number of open incidents."""
        return sum(len(case.incidents) for case in self._users.cases.values())

    def users(self) -> int:
        """Number of users known, counted once a stream."""
        return sum(len(stream.slots) for stream in self._users.streams.values())

    def header(self) -> bytes:
        """What is to be saved beside the shards: offset, terms, streams."""
        streams = {
            name: StreamMark(stream.watermark_us, stream.live_us, stream.swept_us)
            for name, stream in self._users.streams.items()
        }
        rules, model, quiet_us = self.terms.rules.document(), self.terms.model, self.terms.quiet_us
        return state.dump_header(
            Header(offset=self.offset, rules=rules, model=model, quiet_us=quiet_us, streams=streams)
        )

    def dirty_shards(self) -> dict[int, bytes]:
        """Shards that changed since the last call, as bytes; empty bytes where a shard has no users any more."""
        changed, self._users.changed = self._users.changed, set()
        return {shard: state.dump_shard(self._users, self._users.members(shard)) for shard in sorted(changed)}

    @classmethod
    def restore(cls, header: Header, shards: Mapping[int, bytes], scorer: Scorer | None) -> Self:
        """Detection as it was when `header` and `shards` were saved.

        Args:
            header: What `state.load_header` reads from the saved header.
            shards: Every shard of the partition, by number.
            scorer: The model that the header names, None where it names none.

        Raises:
            StateError: A shard cannot be read, or the scorer is not the one that was in force.
        """
        found = None if scorer is None else scorer.model
        if found != header.model:
            raise StateError(f"expected the model {header.model} that was in force, got {found}; load that version")
        detector = cls(Terms(RuleBook.parse(header.rules, "the saved rules"), scorer, header.quiet_us))
        detector.offset = header.offset
        for data in shards.values():
            state.load_shard(detector._users, data)
        for name, mark in header.streams.items():
            stream = detector._users.stream(name)
            stream.watermark_us, stream.live_us, stream.swept_us = mark.watermark_us, mark.live_us, mark.swept_us
            stream.due_us = 0
        return detector
