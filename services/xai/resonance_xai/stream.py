"""Explains every anomaly unasked, one record in, one record out.

Batches of all partitions stand in one line (see `line`), and what is explained is sent a few at a time while the next
ones are explained: the first explanation does not wait for the last one of its batch. None is dropped: what waits stays
in the topic, and only one batch of each partition is in memory, beside the one that waits behind it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextvars import Context
from dataclasses import dataclass, field
from typing import Final

from resonance_attribution.errors import EfficiencyViolated
from resonance_contracts.pb.resonance.v1.detection_pb2 import Anomaly
from resonance_contracts.pb.resonance.v1.explanation_pb2 import Explanation
from resonance_contracts.topics import EXPLANATIONS_PRODUCED
from resonance_runtime import metrics
from resonance_runtime.delays import Delay, Step
from resonance_runtime.erasures import Erasures, received_us
from resonance_runtime.errors import Reject
from resonance_runtime.records import Outgoing, Record
from resonance_runtime.spans.handled import header_within
from resonance_runtime.tracing import continued
from resonance_xai.errors import MalformedAnomaly
from resonance_xai.explainer import Explainer, Ready
from resonance_xai.line import Line, Patience

log = logging.getLogger(__name__)

SendAll = Callable[[Sequence[Outgoing]], Awaitable[None]]

DELAY: Final = Delay(Step.EXPLANATION)

AT_ONCE: Final = 8
"""Anomalies that are given to the thread together: handing over one costs a tenth of what explaining it does."""


@dataclass(frozen=True, slots=True)
class _InLine:
    """One that waits, in the trace that it came with; `stored` ends when its explanation is, or never can be."""

    ready: Ready
    traceparent: str
    stored: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    @property
    def anomaly(self) -> Anomaly:
        return self.ready.anomaly

    def ended(self, fault: BaseException | None = None) -> None:
        if self.stored.done():
            return
        if fault is None:
            self.stored.set_result(None)
        else:
            self.stored.set_exception(fault)


class Stream:
    """The handler of anomalies; those of people who were erased meanwhile are passed over."""

    def __init__(
        self,
        explainer: Explainer,
        send_all: SendAll,
        erasures: Erasures | None = None,
        patience: Patience | None = None,
    ) -> None:
        self._erasures = Erasures() if erasures is None else erasures
        self._patience = Patience() if patience is None else patience
        self._explainer = explainer
        self._send_all = send_all
        self._line: Line[_InLine] = Line(self._patience)
        self._work: asyncio.Task[None] | None = None
        self._sending: set[asyncio.Task[None]] = set()

    async def handle(self, records: Sequence[Record[Anomaly]]) -> None:
        """Explains a batch of one partition and returns when all explanations are stored.

        Raises:
            Reject: One of them can never be explained, or its attributions do not add up.
            Unavailable: A model or the broker is not there now.
        """
        # Models are there before anybody joins the line: one that is missing holds up nobody but its own partition.
        try:
            batch = [
                _InLine(await self._explainer.ready(record.value), header_within(record))
                for record in records
                if not self._erased(record.value)
            ]
        except MalformedAnomaly as error:
            raise _rejected(error) from error
        self._line.join(batch)
        if self._work is None or self._work.done():
            # It works for all, in nobody's trace.
            self._work = asyncio.create_task(self._explain_all(), context=Context())
        outcomes = await asyncio.gather(*(one.stored for one in batch), return_exceptions=True)
        for outcome in outcomes:
            if outcome is not None:
                raise outcome

    async def _explain_all(self) -> None:
        """Explains those in line, turn after turn, until nobody is there."""
        while self._line:
            turn = self._line.next(AT_ONCE)
            those = [one for one in turn.those if self._wanted(one)]
            try:
                told = await self._explainer.explained([one.ready for one in those], brief=turn.brief)
            except Exception as fault:
                _end(those, fault)
                continue
            sending = asyncio.create_task(self._send(those, told))
            self._sending.add(sending)
            sending.add_done_callback(self._sending.discard)

    def _wanted(self, one: _InLine) -> bool:
        """Whether it is still to be explained: the person may be erased, the partition another replica's by now."""
        if self._erased(one.anomaly):
            one.ended()
        return not one.stored.done()

    async def _send(self, those: Sequence[_InLine], told: Sequence[Explanation | EfficiencyViolated]) -> None:
        kept: list[_InLine] = []
        outgoing: list[Outgoing] = []
        for one, said in zip(those, told, strict=True):
            _log_what_is_wrong(one, said)
            if isinstance(said, EfficiencyViolated):
                one.ended(_rejected(said))
            elif self._wanted(one):
                kept.append(one)
                outgoing.append(_outgoing(one, said))
        try:
            await self._send_all(outgoing)
        except Exception as fault:
            _end(kept, fault)
            return
        now_s = self._patience.clock()
        for one in kept:
            metrics.XAI_DELAY_SECONDS.observe(max(0.0, now_s - received_us(one.anomaly) / 1e6))
            DELAY.observe(one.anomaly, now_s)
        _end(kept)

    def _erased(self, anomaly: Anomaly) -> bool:
        return self._erasures.covers(anomaly.user_key, received_us(anomaly))


def _end(those: Sequence[_InLine], fault: BaseException | None = None) -> None:
    for one in those:
        one.ended(fault)


def _log_what_is_wrong(one: _InLine, said: Explanation | EfficiencyViolated) -> None:
    wrong = str(said) if isinstance(said, EfficiencyViolated) else ", ".join(said.checks_failed)
    if wrong:
        with continued(one.traceparent):
            log.error("an explanation failed a check", extra={"vector_id": one.anomaly.vector_id, "reason": wrong})


def _rejected(error: Exception) -> Reject:
    return Reject(f"{type(error).__name__}: {error}")


def _outgoing(one: _InLine, told: Explanation) -> Outgoing:
    found = one.anomaly
    return Outgoing(
        EXPLANATIONS_PRODUCED,
        told,
        found.vector_id,
        found.end_us,
        user_key=found.user_key,
        traceparent=one.traceparent,
    )
