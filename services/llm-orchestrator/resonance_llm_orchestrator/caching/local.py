"""Words in the memory of this process, the least recently used ones dropped first."""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from collections.abc import Callable
from time import monotonic

from resonance_llm_orchestrator.caching.words import Kept


class LocalCache:
    """See `Cache`.

    Args:
        entries: How many are kept at most.
        ttl_s: For how long, seconds.
        clock: Any steady clock, seconds.
    """

    def __init__(self, entries: int, ttl_s: float, clock: Callable[[], float] = monotonic) -> None:
        self._entries = entries
        self._ttl_s = ttl_s
        self._clock = clock
        self._kept: OrderedDict[str, tuple[float, str, Kept]] = OrderedDict()
        self._of_user: defaultdict[str, set[str]] = defaultdict(set)
        self._forgotten: dict[str, int] = {}

    async def find(self, key: str) -> Kept | None:
        """See `Cache.find`."""
        found = self._kept.get(key)
        if found is None:
            return None
        if found[0] <= self._clock():
            self._drop(key)
            return None
        self._kept.move_to_end(key)
        return found[2]

    async def keep(self, key: str, kept: Kept, user_key: str, since: int) -> None:
        """See `Cache.keep`."""
        if since != self.moment(user_key) or self._entries == 0 or self._ttl_s == 0:
            return
        self._drop(key)
        self._kept[key] = (self._clock() + self._ttl_s, user_key, kept)
        if user_key:
            self._of_user[user_key].add(key)
        while len(self._kept) > self._entries:
            self._drop(next(iter(self._kept)))

    def moment(self, user_key: str) -> int:
        """See `Cache.moment`."""
        return self._forgotten.get(user_key, 0)

    async def forget(self, user_key: str) -> None:
        """See `Cache.forget`."""
        self._forgotten[user_key] = self.moment(user_key) + 1
        for key in list(self._of_user.get(user_key, ())):
            self._drop(key)

    async def close(self) -> None:
        """Nothing to close."""

    def _drop(self, key: str) -> None:
        found = self._kept.pop(key, None)
        if found is None or not found[1]:
            return
        mine = self._of_user[found[1]]
        mine.discard(key)
        if not mine:
            del self._of_user[found[1]]
