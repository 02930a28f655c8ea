"""What subscriptions to alerts have in common: an event is handled when the next one is asked for."""

from __future__ import annotations

from abc import ABC, abstractmethod
from types import TracebackType
from typing import Self

from resonance_client.alerts.events import AlertEvent


class AlertSubscription(ABC):
    """Events, each at least once; use as `async with ... as alerts`, then `async for event in alerts`.

    An event counts as handled when the next one is asked for, or when the block is left without an error, also by
    `break`. One that was not handled, because the body failed, was cancelled or the process died, comes again to
    whoever goes on from the same place.
    """

    def __init__(self) -> None:
        self._in_hand: AlertEvent | None = None

    async def __aenter__(self) -> Self:
        await self._open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                await self._finish()
        finally:
            await self._close()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> AlertEvent:
        await self._finish()
        self._in_hand = await self._next()
        return self._in_hand

    async def _finish(self) -> None:
        if self._in_hand is not None:
            event, self._in_hand = self._in_hand, None
            await self._handled(event)

    @abstractmethod
    async def _open(self) -> None:
        """Begin to receive."""

    @abstractmethod
    async def _next(self) -> AlertEvent:
        """The next event that was not handled."""

    @abstractmethod
    async def _handled(self, event: AlertEvent) -> None:
        """Take note that an event was handled."""

    @abstractmethod
    async def _close(self) -> None:
        """Note how far it came, and receive no more."""
