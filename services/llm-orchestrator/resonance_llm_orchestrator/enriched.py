"""From a draft and words to the enriched alert."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from resonance_contracts.pb.resonance.v1 import alert_pb2
from resonance_contracts.topics import ALERTS_ENRICHED
from resonance_llm_orchestrator.brief import OFFLINE, OFFLINE_MODEL
from resonance_llm_orchestrator.drafts import Draft
from resonance_llm_orchestrator.facts import facts_of
from resonance_llm_orchestrator.roles import role_for
from resonance_narration import AlertFacts, AlertWords, Language, Role, describe_alert
from resonance_runtime.records import Outgoing


class AnyWords(Protocol):
    """An alert in words, by whomever."""

    @property
    def title(self) -> str:
        """One line."""

    @property
    def summary(self) -> str:
        """A few sentences."""

    @property
    def recommendations(self) -> Sequence[str]:
        """Steps, most urgent first."""


def offline_words(facts: AlertFacts, role: Role) -> Mapping[Language, AlertWords]:
    """Words of our own writer in every language: a function of the facts alone."""
    return {language: describe_alert(facts, language, role) for language in Language}


def enriched_offline(draft: Draft, degraded: Sequence[str] = ()) -> alert_pb2.EnrichedAlert:
    """The enriched alert in our own writer's words; `degraded` says why no provider wrote it."""
    authorship = alert_pb2.Authorship(provider=OFFLINE, model=OFFLINE_MODEL, degraded=degraded)
    words = offline_words(facts_of(draft), role_for(draft.alert.kind))
    return enriched(draft, words, authorship)


def enriched(
    draft: Draft, words: Mapping[Language, AnyWords], authorship: alert_pb2.Authorship
) -> alert_pb2.EnrichedAlert:
    """The enriched alert. Severity and role come from the record and from code, never from a text."""
    return alert_pb2.EnrichedAlert(
        alert_id=draft.alert.alert_id,
        revision=draft.revision,
        stage=draft.stage,
        alert=draft.alert,
        recipient_role=role_for(draft.alert.kind),
        texts=[
            alert_pb2.AlertText(language=language, title=w.title, summary=w.summary, recommendations=w.recommendations)
            for language, w in words.items()
        ],
        authorship=authorship,
        attributions=draft.explanation.attributions if draft.explanation else (),
    )


def outgoing(draft: Draft, alert: alert_pb2.EnrichedAlert) -> Outgoing:
    """The record to be sent: to the user's partition, at the alert's event time."""
    return Outgoing(ALERTS_ENRICHED, alert, draft.id, draft.time_us, user_key=draft.alert.user_key)
