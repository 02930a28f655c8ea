"""How the providers of words are."""

from __future__ import annotations

from resonance_gateway.news.status import State
from resonance_gateway.rest.models import Answer


class ProviderHealth(Answer):
    """One provider of words, as the orchestrator last found it.

    Attributes:
        state: Down where it does not write now, for whatever reason; the offline writer writes then.
        configured: Whether the orchestrator asks it; null where the orchestrator does not say anything.
        reason: Why it does not write, or not always; null where it does.
        detail: What the orchestrator says of it besides; null where it says nothing.
    """

    provider: str
    state: State
    configured: bool | None
    reason: str | None
    detail: str | None


class MultiLlmHealth(Answer):
    """All who put things into words.

    Attributes:
        state: Down where the orchestrator is, degraded where a provider that is asked does not write. Without any key
            it is up: the offline writer needs nobody.
        summary: One sentence.
        writers: Who writes, in the order in which they are asked; `offline` is the orchestrator's own.
        providers: Each provider.
    """

    state: State
    summary: str
    writers: list[str]
    providers: list[ProviderHealth]
