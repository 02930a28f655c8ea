"""Explains every anomaly unasked, one record in, one record out.

Under a flood, when a batch is full and somebody in it has waited too long, the gravest are explained and sent first,
and in full; the others after them and in brief, which costs half as much and says what was skipped. None is dropped:
what waits stays in the topic, and only one batch of each partition is in memory.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

from resonance_attribution.errors import EfficiencyViolated
from resonance_contracts.pb.resonance.v1.detection_pb2 import SEVERITY_HIGH, Anomaly
from resonance_contracts.pb.resonance.v1.explanation_pb2 import Explanation
from resonance_contracts.topics import EXPLANATIONS_PRODUCED
from resonance_runtime import metrics
from resonance_runtime.erasures import Erasures, received_us
from resonance_runtime.errors import Reject
from resonance_runtime.records import Outgoing, Record
from resonance_xai.errors import MalformedAnomaly
from resonance_xai.explainer import Explainer

SendAll = Callable[[Sequence[Outgoing]], Awaitable[None]]
Clock = Callable[[], float]

FULL: Final = 64
"""Records of a batch: a fifth of a second's work."""


@dataclass(frozen=True, slots=True)
class Patience:
    """When a batch is taken to be part of a flood.

    Attributes:
        full: It has so many records: there are more behind them.
        waited_s: One of them was received so many seconds ago.
        since_s: When this process began to explain: what waited because nobody was there is no flood, seconds since the
            epoch.
        clock: The same of now.
    """

    full: int = FULL
    waited_s: float = 1.0
    since_s: float = 0.0
    clock: Clock = time.time

    def lost(self, anomalies: Sequence[Anomaly]) -> bool:
        """Whether these are."""
        if len(anomalies) < self.full:
            return False
        oldest_s = min(received_us(one) for one in anomalies) / 1e6
        return self.clock() - max(oldest_s, self.since_s) > self.waited_s


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

    async def handle(self, records: Sequence[Record[Anomaly]]) -> None:
        """Explains a batch and returns when all explanations are stored.

        Raises:
            Reject: One of them can never be explained, or its attributions do not add up.
            Unavailable: A model or the broker is not there now.
        """
        anomalies = [record.value for record in records]
        if not self._patience.lost(anomalies):
            await self._tell(anomalies, brief=False)
            return
        gravest_first = sorted(anomalies, key=lambda one: -one.severity)
        grave = sum(one.severity >= SEVERITY_HIGH for one in anomalies)
        await self._tell(gravest_first[:grave], brief=False)
        await self._tell(gravest_first[grave:], brief=True)

    async def _tell(self, anomalies: Sequence[Anomaly], *, brief: bool) -> None:
        wanted = [one for one in anomalies if not self._erased(one)]
        try:
            told = await self._explainer.anomalies(wanted, brief=brief)
        except (MalformedAnomaly, EfficiencyViolated) as error:
            raise Reject(f"{type(error).__name__}: {error}") from error
        # Some may have been erased while they were explained.
        kept = [(one, said) for one, said in zip(wanted, told, strict=True) if not self._erased(one)]
        await self._send_all([_outgoing(one, said) for one, said in kept])
        now_s = self._patience.clock()
        for one, _ in kept:
            metrics.XAI_DELAY_SECONDS.observe(max(0.0, now_s - received_us(one) / 1e6))

    def _erased(self, anomaly: Anomaly) -> bool:
        return self._erasures.covers(anomaly.user_key, received_us(anomaly))


def _outgoing(anomaly: Anomaly, told: Explanation) -> Outgoing:
    return Outgoing(EXPLANATIONS_PRODUCED, told, anomaly.vector_id, anomaly.end_us, user_key=anomaly.user_key)
