"""Waiting for what others do, with a deadline that only something broken reaches: no test of speed is made of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final

PATIENCE_S: Final = 120.0

Eventually = Callable[[Callable[[], Any]], Awaitable[Any]]
"""What `eventually` is, as fixtures give it."""


async def eventually(holds: Callable[[], Any]) -> Any:
    """Returns what a condition gives as soon as that is true.

    Raises:
        TimeoutError: It was not after two minutes.
    """
    async with asyncio.timeout(PATIENCE_S):
        while not (found := holds()):
            await asyncio.sleep(0.01)
    return found
