"""What becomes of words about people who were erased."""

from __future__ import annotations

from collections.abc import Sequence

from resonance_contracts.pb.resonance.v1.people_pb2 import UserErased
from resonance_llm_orchestrator.word_store import WordStore
from resonance_runtime.erasures import Erasures
from resonance_runtime.records import Record


class Forgetting:
    """Takes records of erasures; returns when nothing is kept about those people.

    Args:
        erasures: Told first, so that nothing is kept anew meanwhile.
        store: Where words are kept.
        kept: Whether any are: our own writer's words come out the same again.
    """

    def __init__(self, erasures: Erasures, store: WordStore, *, kept: bool) -> None:
        self._erasures = erasures
        self._store = store
        self._kept = kept

    async def handle(self, records: Sequence[Record[UserErased]]) -> None:
        """Forgets the users of some records; raises Unavailable while the store does not answer, to be called again."""
        await self._erasures.handle(records)
        if self._kept:
            for user_key in {record.value.user_key for record in records}:
                await self._store.forget(user_key)
