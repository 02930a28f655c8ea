"""What happens to publications that a client does not read in time, by channel."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from fnmatch import translate


class Policy(StrEnum):
    """What is done when too much waits for one client.

    DROP_OLDEST drops the publications that wait longest. CONFLATE keeps the newest publication of a channel and no
    other, so what waits does not grow. DISCONNECT drops nothing: the client is cut off, comes back and recovers.
    """

    DROP_OLDEST = "drop_oldest"
    CONFLATE = "conflate"
    DISCONNECT = "disconnect"


class Policies:
    """Policies by pattern: `*` is any text, `?` any character; the first pattern that matches holds.

    Args:
        patterns: Policies by pattern, in order; a channel that none matches has DROP_OLDEST.
    """

    def __init__(self, patterns: Mapping[str, Policy]) -> None:
        self._patterns = [(re.compile(translate(pattern)), policy) for pattern, policy in patterns.items()]

    def of(self, channel: str) -> Policy:
        """The policy of a channel."""
        return next((policy for pattern, policy in self._patterns if pattern.match(channel)), Policy.DROP_OLDEST)
