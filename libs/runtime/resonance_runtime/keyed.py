"""Keyed state of a consumer group: one object per partition, kept by snapshots.

The snapshot holds the offset up to which records were applied, and the input is committed only after it.
So after a crash a partition begins exactly at its snapshot, whatever was committed, and the same records
give the same outputs again, under the same ids.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from resonance_contracts.topics import Topic
from resonance_runtime import metrics
from resonance_runtime.dead_letters import bury
from resonance_runtime.errors import Reject
from resonance_runtime.health import Health, Progress
from resonance_runtime.membership import Membership
from resonance_runtime.patience import persistently
from resonance_runtime.publisher import Publisher
from resonance_runtime.records import Outgoing, RawRecord, Record, decode, envelope
from resonance_runtime.snapshots import Piece, Snapshot
from resonance_runtime.spans.handled import applied
from resonance_runtime.tracing import TRACEPARENT, continued

__all__ = ["Dump", "KeyedHandling", "KeyedState", "Piece"]

log = logging.getLogger(__name__)

TURN_S: Final = 0.02
"""Time after which a batch lets others have their turn, seconds."""

Made = list[tuple[RawRecord, Sequence[Outgoing]]]
"""Records that were applied, each with what follows from it."""


@dataclass(frozen=True, slots=True)
class Dump:
    """What a partition wants kept.

    Attributes:
        header: What it knows beside its shards.
        changed: The shards that changed since the last dump.
        erased: Whether people were erased since then; the shards they were in come whole.
    """

    header: bytes
    changed: dict[int, Piece]
    erased: bool = False


class KeyedState(Protocol):
    """The state of all partitions that a group's member owns."""

    async def open(self, partition: int, snapshot: Snapshot | None) -> int:
        """Takes over a partition, from its snapshot or empty; returns how many users it knows."""

    def close(self, partition: int) -> None:
        """Forgets a partition that another member owns now."""

    def apply(self, record: Record[Any]) -> Sequence[Outgoing]:
        """Applies one record, once, and returns what follows from it.

        Raises:
            Reject: The record can never be applied; nothing of it was.
        """

    def dump(self, partition: int, whole: Collection[int]) -> Dump:
        """The state as of the last record that was applied; called between batches only.

        Args:
            whole: Shards that must come whole, changed or not. Others may come whole, or as what is to be
                appended to what is kept of them.
        """


@dataclass(frozen=True, slots=True)
class KeyedHandling:
    """Applies records to keyed state and sends what follows.

    A record is applied exactly once, so what it gave is sent until the broker has it; only then the next
    batch begins. A record that cannot be applied goes to the dead letters. So does one that gave a record larger
    than the broker takes: it stays applied, and what else it gave is sent.

    Attributes:
        parse: Whether values are parsed; a state that parses them itself gets bytes.
        stored: Told what the broker has, in order; it must neither wait nor raise.
        membership: Asked before anything is sent, if it is given.
    """

    group: str
    topics: dict[str, Topic]
    state: KeyedState
    publisher: Publisher
    health: Health
    parse: bool = True
    stored: Callable[[Sequence[Outgoing]], None] | None = None
    membership: Membership | None = None

    async def run(self, raws: Sequence[RawRecord], progress: Progress | None = None) -> None:
        """Returns when everything that follows from the records is stored.

        Raises:
            Conflict: The partition may be another's by now: see `Membership`.
        """
        started = time.perf_counter()
        read = decode if self.parse else envelope
        made: Made = []
        turn_ends = started + TURN_S
        for raw in raws:
            # A batch may take longer than the session of this process in its group: its heartbeats go on meanwhile.
            if time.perf_counter() > turn_ends:
                await asyncio.sleep(0)
                turn_ends = time.perf_counter() + TURN_S
            try:
                record: Record[Any] = read(self.topics[raw.topic], raw)
                began_ns = time.time_ns()
                with continued(record.headers.get(TRACEPARENT, "")) as span:
                    given = self._applied(record)
                made.append((raw, applied(record, given, self.group, span, began_ns)))
            except Reject as reject:
                await self._bury(raw, str(reject), progress)
            except Exception as fault:  # whatever a state raises must not end the consumer
                await self._bury(raw, f"{type(fault).__name__}: {fault}", progress)
        await self._send(made, progress)
        metrics.HANDLE_SECONDS.labels(group=self.group).observe(time.perf_counter() - started)
        for topic, handled in Counter(raw.topic for raw in raws).items():
            metrics.RECORDS_CONSUMED.labels(topic=topic, group=self.group).inc(handled)

    def _applied(self, record: Record[Any]) -> Sequence[Outgoing]:
        """Logs what fails while its trace is known."""
        try:
            return self.state.apply(record)
        except Reject:
            raise
        except Exception:
            log.exception("applying failed", extra={"group": self.group, "offset": record.offset})
            raise

    async def _send(self, made: Made, progress: Progress | None) -> None:
        outgoing = [one for _, given in made for one in given]
        if outgoing and await self._refused(outgoing, progress):
            for raw, given in made:
                reasons = [await self._refused([one], progress) for one in given]
                if any(reasons):
                    await self._bury(raw, "; ".join(filter(None, reasons)), progress)

    async def _refused(self, outgoing: Sequence[Outgoing], progress: Progress | None) -> str | None:
        """Sends records; returns why they can never be sent, None where they were."""
        what = f"{self.group} output"

        async def send() -> None:
            if self.membership is not None:
                self.membership.require()
            await self.publisher.send_all(outgoing)

        try:
            await persistently(send, self.health, what, progress)
        except Reject as reject:
            return str(reject)
        if self.stored is not None:
            self.stored(outgoing)
        return None

    async def _bury(self, raw: RawRecord, reason: str, progress: Progress | None) -> None:
        topic = self.topics[raw.topic]
        await persistently(
            lambda: bury(self.publisher, topic, self.group, raw, reason),
            self.health,
            f"{self.group} dead letters",
            progress,
        )
