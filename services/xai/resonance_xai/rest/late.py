"""What replicas share, reached when the first question comes: to import the client takes a sixth of the start."""

from __future__ import annotations

import asyncio
from importlib import import_module
from typing import TYPE_CHECKING, Final

from resonance_xai.asked.methods import Method

if TYPE_CHECKING:
    from resonance_xai.rest.shared import SharedAnswers

_SHARED: Final = "resonance_xai.rest.shared"


class LateAnswers:
    """As `SharedAnswers`, of the same arguments; a component of a service."""

    def __init__(self, url: str, ttl_s: int) -> None:
        self._url, self._ttl_s = url, ttl_s
        self._answers: SharedAnswers | None = None

    async def start(self) -> None:
        """Whether Redis is there shows when it is asked."""

    async def stop(self) -> None:
        """Closes the connections."""
        if self._answers is not None:
            await self._answers.stop()

    async def get(self, name: str) -> bytes | None:
        """As `SharedAnswers.get`."""
        return await (await self._there()).get(name)

    async def put(self, name: str, methods: frozenset[Method], data: bytes) -> None:
        """As `SharedAnswers.put`."""
        await (await self._there()).put(name, methods, data)

    async def clear(self, method: Method | None) -> None:
        """As `SharedAnswers.clear`."""
        await (await self._there()).clear(method)

    async def _there(self) -> SharedAnswers:
        if self._answers is None:
            await asyncio.to_thread(import_module, _SHARED)
        if self._answers is None:
            from resonance_xai.rest.shared import SharedAnswers

            self._answers = SharedAnswers(self._url, self._ttl_s)
        return self._answers
