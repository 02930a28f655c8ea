"""The guard of the service: hides what is from outside, and judges what providers write."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, Final

from resonance_llm_orchestrator.brief import Brief, Text, Verdict
from resonance_llm_orchestrator.guard.constitution import Context, broken_by, constitution, sayings
from resonance_llm_orchestrator.guard.hiding import Hidden, hidden, restored
from resonance_narration import Language
from resonance_privacy import Pseudonyms

LATELY: Final = 256
"""Facts whose hidden form is remembered."""


class ConstitutionalGuard:
    """`Guard` by word lists, patterns and check digits: the same input always has the same outcome.

    Args:
        key: Secret that placeholders are made with; the same in all replicas, so that caches are shared.
    """

    def __init__(self, key: bytes) -> None:
        self._pseudonyms = Pseudonyms(key)
        self._lately: OrderedDict[int, tuple[Mapping[str, Any], Hidden, Context]] = OrderedDict()

    def hide(self, facts: Mapping[str, Any]) -> tuple[Mapping[str, Any], Mapping[str, str]]:
        """See `Guard.hide`."""
        found, _ = self._hidden(facts)
        return found.facts, found.known

    def restore(self, text: str, hidden: Mapping[str, str]) -> str:
        """See `Guard.restore`."""
        return restored(text, hidden)

    def judge(self, brief: Brief, texts: Mapping[Language, Text]) -> Verdict:
        """See `Guard.judge`."""
        _, context = self._hidden(brief.facts)
        broken = [name for text in texts.values() for name in broken_by(_whole(text), context)]
        return Verdict(tuple(dict.fromkeys(broken)), sayings(), constitution().version)

    def _hidden(self, facts: Mapping[str, Any]) -> tuple[Hidden, Context]:
        """Facts are hidden when they are sent and again when words about them are judged: worked out once."""
        if (known := self._lately.get(id(facts))) is not None:
            return known[1:]
        found = hidden(facts, self._pseudonyms)
        context = Context(quotable=tuple(found.known.values()), outside=found.outside)
        # As long as the facts are here, no others have their identity.
        self._lately[id(facts)] = facts, found, context
        if len(self._lately) > LATELY:
            self._lately.popitem(last=False)
        return found, context


def _whole(text: Text) -> str:
    return "\n".join((text.title, text.summary, *text.recommendations))
