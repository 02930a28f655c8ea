"""What each topic's records become; the same record always becomes the same enriched alerts."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from itertools import starmap
from typing import Final

from resonance_contracts.pb.resonance.v1 import alert_pb2, detection_pb2, explanation_pb2
from resonance_llm_orchestrator.alerts.authors import Authors
from resonance_llm_orchestrator.brief import OFFLINE
from resonance_llm_orchestrator.drafts import (
    ESCALATED,
    EXPLAINED,
    FACTS,
    JUDGED,
    Draft,
    of_escalated,
    of_explanation,
    of_raised,
    of_resolved,
)
from resonance_llm_orchestrator.enriched import enriched_offline, outgoing
from resonance_llm_orchestrator.word_store import WordStore
from resonance_runtime import metrics
from resonance_runtime.delays import Delay, Step
from resonance_runtime.erasures import Erasures, received_us
from resonance_runtime.records import Outgoing, Record
from resonance_runtime.spans.handled import within

Send = Callable[[Sequence[Outgoing]], Awaitable[None]]
AlertRecords = Sequence[Record[detection_pb2.Alert]]

DELAYS: Final[Mapping[int, Delay]] = {
    FACTS: Delay(Step.FACTS),
    ESCALATED: Delay(Step.FACTS),
    EXPLAINED: Delay(Step.WORDS),
    JUDGED: Delay(Step.JUDGED),
}


class AlertHandler:
    """Alerts that were raised, became graver or were resolved: our own writer, at once; nothing outside is waited for.

    Args:
        send: Stores records.
        erasures: Who was erased: of them nothing is published.
    """

    def __init__(self, send: Send, erasures: Erasures | None = None) -> None:
        self._send = send
        self._erasures = Erasures() if erasures is None else erasures

    async def raised(self, records: AlertRecords) -> None:
        """Publishes stage FACTS."""
        await self._publish([(record, of_raised(record.value)) for record in records])

    async def escalated(self, records: AlertRecords) -> None:
        """Publishes stage ESCALATED."""
        await self._publish([(record, of_escalated(record.value)) for record in records])

    async def resolved(self, records: AlertRecords) -> None:
        """Publishes stage RESOLVED."""
        await self._publish([(record, of_resolved(record.value)) for record in records])

    async def _publish(self, drafts: Sequence[tuple[Record[detection_pb2.Alert], Draft]]) -> None:
        written: list[alert_pb2.EnrichedAlert] = []
        records: list[Outgoing] = []
        for record, draft in drafts:
            if not is_erased(self._erasures, draft):
                with within(record):
                    written.append(enriched_offline(draft))
                    records.append(outgoing(draft, written[-1]))
        await self._send(records)
        for alert in written:
            count(alert)


class ExplanationHandler:
    """Explanations of vectors that opened alerts or made them graver.

    At most `concurrency` alerts are in writing, over all partitions.

    Args:
        send: Stores records.
        authors: Write the words.
        store: Keeps them.
        concurrency: Alerts in writing at once.
        erasures: Who was erased: of them nothing is written, kept or published.
        judged: Whether words of providers are judged afterwards: then what they were made from is kept, too.
    """

    def __init__(
        self,
        send: Send,
        authors: Authors,
        store: WordStore,
        concurrency: int,
        erasures: Erasures | None = None,
        *,
        judged: bool = False,
    ) -> None:
        self._erasures = Erasures() if erasures is None else erasures
        self._erasures.also(self._forget)
        self._send = send
        self._authors = authors
        self._store = store
        self._judged = judged
        self._slots = asyncio.Semaphore(concurrency)
        self._unkept: dict[str, alert_pb2.EnrichedAlert] = {}

    async def explained(self, records: Sequence[Record[explanation_pb2.Explanation]]) -> None:
        """Publishes stage EXPLAINED of each alert that was opened or became graver; returns when all are."""
        drafts = {draft.id: (record, draft) for record in records for draft in of_explanation(record.value)}
        outcomes = await asyncio.gather(*starmap(self._publish_within, drafts.values()), return_exceptions=True)
        for outcome in outcomes:
            if outcome is not None:
                raise outcome

    async def _publish_within(self, record: Record[explanation_pb2.Explanation], draft: Draft) -> None:
        with within(record):
            await self._publish(draft)

    async def _publish(self, draft: Draft) -> None:
        if is_erased(self._erasures, draft):
            return
        async with self._slots:
            alert = await self._words(draft)
        if is_erased(self._erasures, draft):
            # While it was written: what was kept may have come after the store was told to forget.
            await self._store.forget(draft.alert.user_key)
            return
        await self._send([outgoing(draft, alert)])
        count(alert)

    async def _words(self, draft: Draft) -> alert_pb2.EnrichedAlert:
        """Words of an alert: those that are kept, else new ones, which are kept before anybody sees them."""
        if self._authors.deterministic:
            return await self._authors.write(draft)
        if (kept := await self._store.find(draft.id)) is not None:
            return kept
        if draft.id not in self._unkept:
            self._unkept[draft.id] = await self._authors.write(draft)
        written = self._unkept[draft.id]
        by_provider = written.authorship.provider != OFFLINE
        facts = self._authors.facts(draft) if self._judged and by_provider else None
        kept = await self._store.keep(draft.id, written, facts)
        self._unkept.pop(draft.id, None)  # until here a failing store makes us try again, but not pay again
        return kept

    def _forget(self, user_key: str) -> None:
        for id_ in [id_ for id_, alert in self._unkept.items() if alert.alert.user_key == user_key]:
            del self._unkept[id_]


def is_erased(erasures: Erasures, draft: Draft) -> bool:
    """Whether an alert is of somebody who was erased after it was found."""
    return erasures.covers(draft.alert.user_key, received_us(draft.alert))


def count(alert: alert_pb2.EnrichedAlert) -> None:
    """Counts an enriched alert that was sent, and how long it took."""
    stage = alert_pb2.EnrichmentStage.Name(alert.stage).removeprefix("ENRICHMENT_STAGE_").lower()
    metrics.ALERTS_ENRICHED.labels(stage=stage, writer=alert.authorship.provider).inc()
    if (delay := DELAYS.get(alert.stage)) is not None:
        delay.observe(alert.alert)
