"""Answers that were given before, by their content."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from hashlib import sha256
from typing import Any, Final, Protocol

import msgspec

from resonance_runtime import metrics
from resonance_runtime.errors import Unavailable
from resonance_xai.asked.methods import Method, Wanted
from resonance_xai.asked.rows import rounded
from resonance_xai.bounded import Recent
from resonance_xai.rest.question import OF_FLAGGED, Question

log = logging.getLogger(__name__)

PICTURES: Final = 64
"""Pictures that are kept here for those who follow a link."""


def key_of(about: str, question: Question, wanted: Wanted) -> str:
    """Everything that an answer depends on, hashed; features and normal with the digits that count.

    Args:
        about: The version, or the vector that was flagged.
        question: The question; by which of its names a flagged vector is asked for does not count.
        wanted: What is asked for.
    """
    unimportant = {"deadline_ms", "model_version", "methods", *OF_FLAGGED}
    content: dict[str, Any] = question.model_dump(mode="json", exclude=unimportant)
    content |= {
        "about": about,
        "methods": sorted(wanted.methods),
        "language": wanted.language,
        "features": {name: rounded(value) for name, value in sorted((question.features or {}).items())},
        "normal": {name: rounded(value) for name, value in sorted((question.normal or {}).items())},
    }
    return sha256(msgspec.json.encode(content, order="sorted")).hexdigest()


class Shared(Protocol):
    """Answers that replicas share; each call raises Unavailable where they cannot be reached."""

    async def get(self, name: str) -> bytes | None:
        """What is kept under a name."""

    async def put(self, name: str, methods: frozenset[Method], data: bytes) -> None:
        """Keeps something under a name, and the name with each of its methods."""

    async def clear(self, method: Method | None) -> None:
        """Forgets everything, or what a method had a part in."""


class AnswerCache:
    """The answers that were used last, here and, where there is a Redis, in what replicas share.

    Args:
        size: Answers that are kept here; 0 keeps none, here or there.
        shared: What replicas share; None without Redis.
        also: Forgets the attributions that the stream remembers.
    """

    def __init__(self, size: int, shared: Shared | None = None, also: Callable[[], None] = lambda: None) -> None:
        self._also = also
        self._size = size
        self._answers: Recent[str, tuple[frozenset[Method], bytes]] = Recent(size)
        self._pictures: Recent[str, bytes] = Recent(min(size, PICTURES))
        self._shared = shared if size else None
        self._clearing: asyncio.Task[None] | None = None
        self._asked, self._found = 0, 0

    async def get(self, key: str, methods: frozenset[Method]) -> bytes | None:
        """An answer as it was given; None where there is none."""
        known = self._answers.get(key)
        outcome, body = "hit", known[1] if known is not None else None
        if body is None and (body := await self._from_shared(f"answer:{key}")) is not None:
            outcome = "shared"
            self._answers.put(key, (methods, body))
        self._asked += 1
        self._found += body is not None
        metrics.XAI_ANSWERS.labels(outcome=outcome if body is not None else "miss").inc()
        return body

    async def put(self, key: str, methods: frozenset[Method], body: bytes, pictures: dict[str, bytes]) -> None:
        """Keeps an answer that is whole, with its pictures by name."""
        self._answers.put(key, (methods, body))
        await self._to_shared(f"answer:{key}", methods, body)
        for name, data in pictures.items():
            await self.put_picture(f"{key}/{name}", methods, data)

    async def put_picture(self, name: str, methods: frozenset[Method], data: bytes) -> None:
        """Keeps a picture."""
        self._pictures.put(name, data)
        await self._to_shared(f"picture:{name}", methods, data)

    async def picture(self, name: str) -> bytes | None:
        """A picture of an answer; None where it is not kept any more."""
        known = self._pictures.get(name)
        return known if known is not None else await self._from_shared(f"picture:{name}")

    def forget(self, _user_key: str) -> None:
        """A person was erased. Answers do not say whose rows they are of, so all of them go."""
        self._answers.clear()
        self._pictures.clear()
        if self._shared is not None and self._clearing is None:
            self._clearing = asyncio.create_task(self._clear_shared(self._shared))

    async def _clear_shared(self, shared: Shared) -> None:
        try:
            await shared.clear(None)
        except Unavailable as fault:
            log.warning("shared answers go when their time is over", extra={"reason": str(fault)})
        finally:
            self._clearing = None

    async def clear_cache(self, method: Method | None = None) -> int:
        """Forgets answers, those that hold a method or all; how many there were here.

        Raises:
            Unavailable: What replicas share was not cleared: Redis does not answer.
        """
        before = len(self._answers)
        if method is None:
            self._answers.clear()
        else:
            self._answers.drop_where(lambda kept: method in kept[0])
        if method in (None, Method.PLOTS):
            self._pictures.clear()
        if method in (None, Method.SHAP):
            self._also()
        if self._shared is not None:
            await self._shared.clear(method)
        return before - len(self._answers)

    def state(self) -> dict[str, Any]:
        """What `GET /explain/cache` answers."""
        return {
            "size": self._size,
            "entries": len(self._answers),
            "asked": self._asked,
            "found": self._found,
            "hit_rate": self._found / self._asked if self._asked else None,
            "shared": self._shared is not None,
        }

    async def _from_shared(self, name: str) -> bytes | None:
        try:
            return await self._shared.get(name) if self._shared is not None else None
        except Unavailable as fault:
            log.warning("shared answers cannot be read", extra={"reason": str(fault)})
            return None

    async def _to_shared(self, name: str, methods: frozenset[Method], data: bytes) -> None:
        try:
            if self._shared is not None:
                await self._shared.put(name, methods, data)
        except Unavailable as fault:
            log.warning("shared answers cannot be written", extra={"reason": str(fault)})
