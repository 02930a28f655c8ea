"""Our own writer: what a brief already has, and it says so."""

from __future__ import annotations

from resonance_llm_orchestrator.brief import Brief, Wording
from resonance_llm_orchestrator.writing.writer import offline


class OfflineWriter:
    """Gives the words that every brief brings; needs nobody and no time."""

    deterministic = True

    async def write(self, brief: Brief, deadline: float) -> Wording:
        """See `Writer.write`."""
        return offline(brief)
