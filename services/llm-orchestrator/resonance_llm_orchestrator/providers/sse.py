"""Server-sent events, as both providers stream (WHATWG HTML, section 9.2): the data of each event."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final

from resonance_llm_orchestrator.failures import FailureKind, ProviderFailure

LONGEST_EVENT: Final = 1_000_000
"""Characters of one event; a server that never ends one is not believed."""


async def events(lines: AsyncIterator[str]) -> AsyncIterator[str]:
    """Data of each event that ended with an empty line; what comes after the last of them is dropped.

    Raises:
        ProviderFailure: An event is longer than any answer.
    """
    data: list[str] = []
    length = 0
    async for line in lines:
        if not line:
            if data:
                yield "\n".join(data)
            data, length = [], 0
            continue
        field, _, value = line.partition(":")
        if field != "data":
            continue
        data.append(value.removeprefix(" "))
        length += len(value)
        if length > LONGEST_EVENT:
            raise ProviderFailure(FailureKind.BROKEN_ANSWER, "An event of the stream is too long.")
