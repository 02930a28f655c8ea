"""Who writes an explained alert: the writer, within the service's deadline; languages nobody asked for are our own."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from typing import Any, Protocol

from resonance_contracts.pb.resonance.v1 import alert_pb2
from resonance_llm_orchestrator.alerts.brief_of import brief_of
from resonance_llm_orchestrator.brief import Brief, Wording
from resonance_llm_orchestrator.drafts import Draft
from resonance_llm_orchestrator.enriched import AnyWords, enriched, offline_words
from resonance_llm_orchestrator.facts import facts_of
from resonance_llm_orchestrator.roles import role_for
from resonance_narration import Language


class AlertWriter(Protocol):
    """See `Writer`."""

    @property
    def deterministic(self) -> bool:
        """Whether the same brief always gives the same words."""

    async def write(self, brief: Brief, deadline: float) -> Wording:
        """See `Writer.write`."""


class Authors:
    """Writes explained alerts.

    Args:
        writer: Puts facts into words.
        deadline_s: Longest time for one alert, seconds.
        languages: In which providers are asked to write.
    """

    def __init__(
        self, writer: AlertWriter, deadline_s: float, languages: Collection[Language] = tuple(Language)
    ) -> None:
        self._writer = writer
        self._deadline_s = deadline_s
        self._languages = languages

    @property
    def deterministic(self) -> bool:
        """Whether the same draft always gives the same words."""
        return self._writer.deterministic

    async def write(self, draft: Draft) -> alert_pb2.EnrichedAlert:
        """The enriched alert, whatever providers do; it says who wrote it and why others did not."""
        deadline = asyncio.get_running_loop().time() + self._deadline_s
        wording = await self._writer.write(brief_of(draft, self._languages), deadline)
        authorship = alert_pb2.Authorship(provider=wording.provider, model=wording.model, degraded=wording.degraded)
        words: dict[Language, AnyWords] = dict(wording.texts)
        if len(words) < len(Language):
            ours = offline_words(facts_of(draft), role_for(draft.alert.kind))
            words = {language: words.get(language, ours[language]) for language in Language}
        return enriched(draft, words, authorship, wording.judgements)

    def facts(self, draft: Draft) -> Mapping[str, Any]:
        """The facts that words of a draft are made from: the same each time."""
        return brief_of(draft, self._languages).facts
