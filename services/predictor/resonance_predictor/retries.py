"""Promoted models that were refused are tried again: a store can be mended, a key can be added."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import Any, Final, Protocol

from resonance_runtime.errors import Unavailable
from resonance_runtime.service import Runtime

log = logging.getLogger(__name__)

RETRY_S: Final = 10.0
"""Seconds between two looks: a look costs as much as loading a model."""


class Retrying(Protocol):
    """Whoever may have refused something."""

    async def retry(self) -> None:
        """Tries it once more; raises Unavailable where the store does not answer."""


class Retries:
    """Lets everyone try again what they refused, every few seconds, in a task of its own."""

    def __init__(self, runtime: Runtime[Any], retrying: Sequence[Retrying], every_s: float = RETRY_S) -> None:
        self._runtime = runtime
        self._retrying = retrying
        self._every_s = every_s

    async def start(self) -> None:
        """Begins."""
        self._runtime.spawn("refused models", self._keep())

    async def stop(self) -> None:
        """Ends with the service."""

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(self._every_s)
            for one in self._retrying:
                try:
                    await one.retry()
                except Unavailable as error:
                    log.info("a refused model cannot be tried again now", extra={"reason": str(error)})
