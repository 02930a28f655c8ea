"""From a draft and words to the enriched alert."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from resonance_contracts.pb.resonance.v1 import alert_pb2
from resonance_contracts.topics import ALERTS_ENRICHED
from resonance_llm_orchestrator.brief import OFFLINE, OFFLINE_MODEL
from resonance_llm_orchestrator.drafts import Draft
from resonance_llm_orchestrator.facts import facts_of
from resonance_llm_orchestrator.judgements import own, to_wire
from resonance_llm_orchestrator.roles import role_for
from resonance_narration import AlertFacts, AlertWords, Language, Role, describe_alert
from resonance_runtime.records import Outgoing
from resonance_tasks.judgement import Judgement


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
    return enriched(draft, words, authorship, [own()])


def enriched(
    draft: Draft,
    words: Mapping[Language, AnyWords],
    authorship: alert_pb2.Authorship,
    judgements: Sequence[Judgement],
) -> alert_pb2.EnrichedAlert:
    """The enriched alert. Severity and role come from the record and from code, never from a text."""
    return alert_pb2.EnrichedAlert(
        alert_id=draft.alert.alert_id,
        revision=draft.revision,
        stage=draft.stage,
        alert=draft.alert,
        recipient_role=role_for(draft.alert.kind),
        texts=[text_of(language, spoken) for language, spoken in words.items()],
        authorship=authorship,
        attributions=draft.explanation.attributions if draft.explanation else (),
        judgements=map(to_wire, judgements),
    )


def text_of(language: Language, words: AnyWords) -> alert_pb2.AlertText:
    """Words as a record has them."""
    return alert_pb2.AlertText(
        language=language, title=words.title, summary=words.summary, recommendations=words.recommendations
    )


def outgoing(draft: Draft, alert: alert_pb2.EnrichedAlert) -> Outgoing:
    """The record to be sent: to the user's partition, at the alert's event time."""
    return Outgoing(ALERTS_ENRICHED, alert, draft.id, draft.time_us, user_key=draft.alert.user_key)
