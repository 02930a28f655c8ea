"""Explains every anomaly unasked, one record in, one record out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from resonance_contracts.pb.resonance.v1.detection_pb2 import Anomaly
from resonance_contracts.topics import EXPLANATIONS_PRODUCED
from resonance_runtime.erasures import Erasures, received_us
from resonance_runtime.errors import Reject
from resonance_runtime.records import Outgoing, Record
from resonance_xai.errors import EfficiencyViolated, MalformedAnomaly
from resonance_xai.explainer import Explainer

SendAll = Callable[[Sequence[Outgoing]], Awaitable[None]]


class Stream:
    """The handler of anomalies; those of people who were erased meanwhile are passed over."""

    def __init__(self, explainer: Explainer, send_all: SendAll, erasures: Erasures | None = None) -> None:
        self._erasures = Erasures() if erasures is None else erasures
        self._explainer = explainer
        self._send_all = send_all

    async def handle(self, records: Sequence[Record[Anomaly]]) -> None:
        """Explains a batch and returns when all explanations are stored.

        Raises:
            Reject: One of them can never be explained, or its attributions do not add up.
            Unavailable: A model or the broker is not there now.
        """
        wanted = [record.value for record in records if not self._erased(record.value)]
        told = [(anomaly, await self._outgoing(anomaly)) for anomaly in wanted]
        # Some may have been erased while they were explained.
        await self._send_all([outgoing for anomaly, outgoing in told if not self._erased(anomaly)])

    def _erased(self, anomaly: Anomaly) -> bool:
        return self._erasures.covers(anomaly.user_key, received_us(anomaly))

    async def _outgoing(self, anomaly: Anomaly) -> Outgoing:
        try:
            told = await self._explainer.anomaly(anomaly)
        except (MalformedAnomaly, EfficiencyViolated) as error:
            raise Reject(f"{type(error).__name__}: {error}") from error
        return Outgoing(EXPLANATIONS_PRODUCED, told, anomaly.vector_id, anomaly.end_us, user_key=anomaly.user_key)
