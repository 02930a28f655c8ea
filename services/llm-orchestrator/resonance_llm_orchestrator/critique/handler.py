"""What becomes of explained alerts whose words a provider wrote: the same words judged, or better ones.

Driven by `alerts.enriched` itself, in a group of its own: an offset is committed once its critique is out, so a process
that ends loses none, and who comes after it finds kept what was said, or has it said once.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Final

from resonance_contracts.pb.resonance.v1 import alert_pb2, detection_pb2
from resonance_llm_orchestrator.brief import OFFLINE
from resonance_llm_orchestrator.critique.critic import Critic, Critique
from resonance_llm_orchestrator.critique.question import judged_of
from resonance_llm_orchestrator.drafts import EXPLAINED, JUDGED, Draft, id_of, revision_of
from resonance_llm_orchestrator.enriched import outgoing, text_of
from resonance_llm_orchestrator.failures import ProviderFailure
from resonance_llm_orchestrator.handlers import Send, count, is_erased
from resonance_llm_orchestrator.judgements import to_wire
from resonance_llm_orchestrator.word_store import WordStore
from resonance_narration import Language
from resonance_runtime import metrics
from resonance_runtime.erasures import Erasures
from resonance_runtime.records import Record
from resonance_runtime.spans.handled import within

log = logging.getLogger(__name__)

RESOLVED: Final = "resolved"
NO_OTHER: Final = "no_other_provider"
LATE: Final = "late"
"""Why nobody was asked, beside the kinds of failures."""

FindIncident = Callable[[str], detection_pb2.Alert | None]


class CritiqueHandler:
    """Enriched alerts: those of stage EXPLAINED that a provider wrote are judged, one after another.

    Args:
        send: Stores records.
        critic: Judges.
        store: Keeps what was judged, and knows what words were made from, as long as they are worth judging.
        find: The newest that is known of an incident.
        erasures: Who was erased: of them nothing is judged, kept or published.
    """

    def __init__(
        self, send: Send, critic: Critic, store: WordStore, find: FindIncident, erasures: Erasures | None = None
    ) -> None:
        self._erasures = Erasures() if erasures is None else erasures
        self._erasures.also(self._forget)
        self._send = send
        self._critic = critic
        self._store = store
        self._find = find
        self._unkept: dict[str, alert_pb2.EnrichedAlert] = {}

    async def enriched(self, records: Sequence[Record[alert_pb2.EnrichedAlert]]) -> None:
        """Publishes stage JUDGED of each alert that is to be judged; returns when all are."""
        for record in records:
            if is_to_be_judged(record.value):
                with within(record):
                    await self._publish(record.value)

    async def _publish(self, alert: alert_pb2.EnrichedAlert) -> None:
        draft = Draft(JUDGED, alert.alert)
        if is_erased(self._erasures, draft):
            return
        judged = await self._judged(draft.id, alert)
        if judged is None:
            return
        if is_erased(self._erasures, draft):
            # While it was judged: what was kept may have come after the store was told to forget.
            await self._store.forget(alert.alert.user_key)
            return
        await self._send([outgoing(draft, judged)])
        count(judged)

    async def _judged(self, id_: str, alert: alert_pb2.EnrichedAlert) -> alert_pb2.EnrichedAlert | None:
        """The alert as it was judged before, else is judged now; None where nobody does."""
        if (kept := await self._store.find(id_)) is not None:
            return kept
        if id_ not in self._unkept:
            made = await self._made(alert)
            if made is None:
                return None
            self._unkept[id_] = made
        kept = await self._store.keep(id_, self._unkept[id_])
        self._unkept.pop(id_, None)  # until here a failing store makes us try again, but not pay again
        return kept

    async def _made(self, alert: alert_pb2.EnrichedAlert) -> alert_pb2.EnrichedAlert | None:
        why = self._why_not(alert)
        facts = None if why else await self._store.facts(id_of(alert.alert, EXPLAINED))
        if facts is None:
            _not_judged(alert, why or LATE)
            return None
        critique = await self._critic.judge(judged_of(alert, facts))
        if isinstance(critique, ProviderFailure):
            _not_judged(alert, critique.kind, str(critique))
            return None
        metrics.LLM_CRITIQUES.labels(outcome=critique.outcome).inc()
        return with_critique(alert, critique)

    def _why_not(self, alert: alert_pb2.EnrichedAlert) -> str:
        """Why nobody is to be asked; "" where somebody is."""
        incident = self._find(alert.alert_id)
        if incident is not None and incident.state == detection_pb2.ALERT_STATE_RESOLVED:
            return RESOLVED
        return "" if self._critic.candidates(alert.authorship.provider) else NO_OTHER

    def _forget(self, user_key: str) -> None:
        for id_ in [id_ for id_, alert in self._unkept.items() if alert.alert.user_key == user_key]:
            del self._unkept[id_]


def is_to_be_judged(alert: alert_pb2.EnrichedAlert) -> bool:
    """Whether somebody else wrote an alert's words than our own writer, and nobody has judged them since."""
    return alert.stage == EXPLAINED and alert.authorship.provider not in ("", OFFLINE)


def with_critique(alert: alert_pb2.EnrichedAlert, critique: Critique) -> alert_pb2.EnrichedAlert:
    """An explained alert as it is once it was judged: with what was said, and with other words where there are any."""
    judged = alert_pb2.EnrichedAlert()
    judged.CopyFrom(alert)
    judged.stage, judged.revision = JUDGED, revision_of(alert.alert, JUDGED)
    judged.judgements.extend(map(to_wire, critique.judgements))
    if critique.texts is not None:
        judged.authorship.provider, judged.authorship.model = critique.provider, critique.model
        for i, text in enumerate(judged.texts):
            if text.language in critique.texts:
                language = Language(text.language)
                judged.texts[i].CopyFrom(text_of(language, critique.texts[language]))
    return judged


def _not_judged(alert: alert_pb2.EnrichedAlert, why: str, sentence: str = "") -> None:
    metrics.LLM_CRITIQUES.labels(outcome=why).inc()
    log.info("words were not judged", extra={"alert_id": alert.alert_id, "kind": why, "reason": sentence})
