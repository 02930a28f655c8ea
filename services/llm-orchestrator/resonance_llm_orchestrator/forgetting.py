"""What becomes of words about people who were erased."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from resonance_contracts.pb.resonance.v1.people_pb2 import UserErased
from resonance_runtime.erasures import Erasures
from resonance_runtime.records import Record

Forget = Callable[[str], Awaitable[None]]


class Forgetting:
    """Takes records of erasures; returns when nothing is kept about those people.

    Args:
        erasures: Told first, so that nothing is kept anew meanwhile.
        forget: Each removes what one place keeps of a user; none where our own writer alone writes, whose words come
            out the same again.
    """

    def __init__(self, erasures: Erasures, forget: Sequence[Forget]) -> None:
        self._erasures = erasures
        self._forget = forget

    async def handle(self, records: Sequence[Record[UserErased]]) -> None:
        """Forgets the users of some records; raises Unavailable while a store does not answer, to be called again."""
        await self._erasures.handle(records)
        for user_key in {record.value.user_key for record in records}:
            for forget in self._forget:
                await forget(user_key)
