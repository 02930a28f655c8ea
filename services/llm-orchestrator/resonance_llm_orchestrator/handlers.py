"""What each topic's records become; the same record always becomes the same enriched alerts."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from resonance_contracts.pb.resonance.v1 import alert_pb2, detection_pb2, explanation_pb2
from resonance_llm_orchestrator.authors import Authors
from resonance_llm_orchestrator.drafts import Draft, of_explanation, of_raised, of_resolved
from resonance_llm_orchestrator.enriched import enriched_offline, outgoing
from resonance_llm_orchestrator.word_store import WordStore
from resonance_runtime import metrics
from resonance_runtime.records import Outgoing, Record

Send = Callable[[Sequence[Outgoing]], Awaitable[None]]
AlertRecords = Sequence[Record[detection_pb2.Alert]]


class AlertHandler:
    """Alerts that were raised or resolved: our own writer, at once, with nothing outside to wait for."""

    def __init__(self, send: Send) -> None:
        self._send = send

    async def raised(self, records: AlertRecords) -> None:
        """Publishes stage FACTS."""
        await self._publish([of_raised(record.value) for record in records])

    async def resolved(self, records: AlertRecords) -> None:
        """Publishes stage RESOLVED."""
        await self._publish([of_resolved(record.value) for record in records])

    async def _publish(self, drafts: Sequence[Draft]) -> None:
        written = [enriched_offline(draft) for draft in drafts]
        await self._send([outgoing(draft, alert) for draft, alert in zip(drafts, written, strict=True)])
        for alert in written:
            _count(alert)


class ExplanationHandler:
    """Explanations of vectors that opened alerts: at most `concurrency` alerts in writing, over all partitions."""

    def __init__(self, send: Send, authors: Authors, store: WordStore, concurrency: int) -> None:
        self._send = send
        self._authors = authors
        self._store = store
        self._slots = asyncio.Semaphore(concurrency)
        self._unkept: dict[str, alert_pb2.EnrichedAlert] = {}

    async def explained(self, records: Sequence[Record[explanation_pb2.Explanation]]) -> None:
        """Publishes stage EXPLAINED of each alert that was opened; returns when all are."""
        drafts = {draft.id: draft for record in records for draft in of_explanation(record.value)}
        outcomes = await asyncio.gather(*map(self._publish, drafts.values()), return_exceptions=True)
        for outcome in outcomes:
            if outcome is not None:
                raise outcome

    async def _publish(self, draft: Draft) -> None:
        async with self._slots:
            alert = await self._words(draft)
        await self._send([outgoing(draft, alert)])
        _count(alert)

    async def _words(self, draft: Draft) -> alert_pb2.EnrichedAlert:
        """Words of an alert: those that are kept, else new ones, which are kept before anybody sees them."""
        if self._authors.deterministic:
            return await self._authors.write(draft)
        if (kept := await self._store.find(draft.id)) is not None:
            return kept
        if draft.id not in self._unkept:
            self._unkept[draft.id] = await self._authors.write(draft)
        kept = await self._store.keep(draft.id, self._unkept[draft.id])
        del self._unkept[draft.id]  # until here a failing store makes us try again, but not pay again
        return kept


def _count(alert: alert_pb2.EnrichedAlert) -> None:
    stage = alert_pb2.EnrichmentStage.Name(alert.stage).removeprefix("ENRICHMENT_STAGE_").lower()
    metrics.ALERTS_ENRICHED.labels(stage=stage, writer=alert.authorship.provider).inc()
