"""Our own writer: what a brief already has, and it says so."""

from __future__ import annotations

from resonance_llm_orchestrator.brief import OFFLINE, OFFLINE_MODEL, Brief, Wording


class OfflineWriter:
    """Gives the words that every brief brings; needs nobody and no time."""

    async def write(self, brief: Brief, deadline: float) -> Wording:
        """See `Writer.write`."""
        return Wording(brief.offline, OFFLINE, OFFLINE_MODEL)
