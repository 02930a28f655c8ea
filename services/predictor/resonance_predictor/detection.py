"""Detection in one partition: batches of vectors in; predictions, anomalies and alerts out.

A pure function of the records applied, in their order, and of the terms in force. To keep it so across a crash,
terms change only where a snapshot is written before the next record is applied (`activate`), and the snapshot
holds them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from typing import Self

from resonance_contracts.pb.resonance.v1.features_pb2 import VectorBatch
from resonance_predictor import messages, state
from resonance_predictor.errors import StateError
from resonance_predictor.messages import Outputs
from resonance_predictor.passage import Passage
from resonance_predictor.passing_time import LIVE, advance
from resonance_predictor.peaks import NOTHING
from resonance_predictor.rules import RuleBook
from resonance_predictor.scorer import Scorer, model_of
from resonance_predictor.state import Header, StreamMark
from resonance_predictor.terms import NONE, Others, Terms
from resonance_predictor.thresholds import Thresholds, thresholds
from resonance_predictor.users import NEVER, Users
from resonance_predictor.vectors import Vectors
from resonance_predictor.verdicts.terms import Verdicts
from resonance_runtime.keyed import Piece


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
        unlimited = [user_key for user_key in vectors.erased if self._erase(user_key)]
        outputs = Passage(self._users, self.terms, vectors).run()
        outputs.unlimited = unlimited
        if vectors.erased:
            outputs.predictions = messages.with_erased(outputs.predictions, batch)
        outputs.resolved += advance(self._users, vectors.stream, vectors.watermark_us, self.terms)
        return outputs

    def _erase(self, user_key: str) -> bool:
        """Forget a user, and what was said of them; whether they had a limit."""
        verdicts = self.terms.verdicts.without(user_key)
        if verdicts is not self.terms.verdicts:
            self.terms = replace(self.terms, verdicts=verdicts)
        return self._users.erase(user_key)

    def activate(self, terms: Terms) -> None:
        """Go by other terms from the next record on. Write a snapshot before applying it."""
        if terms.time_zone != self.terms.time_zone:
            self._users.forget_weeks()
        self.terms = terms
        for stream in self._users.streams.values():
            stream.due_us = 0

    def thresholds(self) -> Thresholds:
        """Thresholds in force for the live stream."""
        live = self._users.streams.get(LIVE)
        return thresholds(self.terms.false_incidents, NOTHING if live is None else live.learned)

    @property
    def holds_erased(self) -> bool:
        """Whether users were erased since shards were dumped last: what was dumped before holds them."""
        return bool(self._users.erased)

    def open_incidents(self) -> int:
        """Number of open incidents."""
        return sum(len(case.incidents) for case in self._users.cases.values())

    def users(self) -> int:
        """Number of users known, counted once a stream."""
        return sum(len(stream.slots) for stream in self._users.streams.values())

    def limited(self) -> int:
        """Number of users who have a limit."""
        return sum(len(stream.limited) for stream in self._users.streams.values())

    def header(self) -> bytes:
        """What is to be saved beside the shards: offset, terms, streams."""
        streams = {
            name: StreamMark(stream.watermark_us, stream.live_us, stream.swept_us, stream.learned, stream.lately)
            for name, stream in self._users.streams.items()
        }
        terms = self.terms
        return state.dump_header(
            Header(
                offset=self.offset,
                rules=terms.rules.document(),
                model=terms.model,
                quiet_us=terms.quiet_us,
                idle_us=terms.idle_us,
                observe_only=terms.observe_only,
                streams=streams,
                limits=terms.limits,
                false_incidents=terms.false_incidents,
                others=terms.others.versions,
                leaves=terms.verdicts.leaves,
                shares=dict(terms.verdicts.shares),
                time_zone=terms.time_zone.name,
                weeks_us=terms.weeks_us,
            )
        )

    def dirty_shards(self, whole: Collection[int] = ()) -> dict[int, Piece]:
        """Shards that changed since the last call: the users that did, or all of them where most did.

        Args:
            whole: Shards wanted with all their users, changed or not.
        """
        return state.dump_changes(self._users, whole)

    @classmethod
    def restore(
        cls, header: Header, shards: Mapping[int, Sequence[bytes]], scorer: Scorer | None, others: Others = NONE
    ) -> Self:
        """Detection as it was when `header` and `shards` were saved.

        Args:
            header: What `state.load_header` reads from the saved header.
            shards: Pieces of every shard of the partition, by number: the last whole one, then the later ones.
            scorer: The model that the header names, None where it names none.
            others: The versions beside it that the header names.

        Raises:
            StateError: A shard cannot be read, or the models are not those that were in force.
        """
        if (found := model_of(scorer)) != header.model:
            raise StateError(f"expected the model {header.model} that was in force, got {found}; load that version")
        if (beside := others.versions) != header.others:
            raise StateError(f"expected {header.others} beside it, got {beside}; load these versions")
        rules = RuleBook.parse(header.rules, "the saved rules")
        times = header.quiet_us, header.idle_us
        terms = Terms(rules, scorer, *times, header.observe_only, header.limits, header.false_incidents, others)
        verdicts, zone = Verdicts(header.leaves, header.shares), state.time_zone_of(header)
        detector = cls(replace(terms, verdicts=verdicts, time_zone=zone, weeks_us=header.weeks_us))
        detector.offset = header.offset
        for piece in chain.from_iterable(shards.values()):
            state.load_piece(detector._users, piece)
        detector._users.changed.clear()
        detector._users.gone.clear()
        detector._users.erased.clear()
        detector._users.away.left.clear()
        # Pieces name streams that were over when the newest came, and users who were forgotten since.
        for name in detector._users.away.streams():
            mark = header.streams.get(name)
            gone_us = NEVER if mark is None else mark.swept_us - header.weeks_us
            detector._users.forget_away(name, gone_us)
        detector._users.streams = {name: detector._users.stream(name) for name in header.streams}
        for name, mark in header.streams.items():
            stream = detector._users.stream(name)
            stream.watermark_us, stream.live_us, stream.swept_us = mark.watermark_us, mark.live_us, mark.swept_us
            stream.learned, stream.lately = mark.learned, mark.lately
            stream.due_us = 0
        return detector
