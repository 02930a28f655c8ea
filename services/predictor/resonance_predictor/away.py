"""Users who were away for so long that they were forgotten, but for what is usual of them by part of the week.

Somebody who works from Monday to Friday is away for two days every week, and would otherwise never have a usual
Tuesday. Of them there is a chain of rows (see `week_rows`) and the time of their last vector.
"""

from __future__ import annotations

from collections.abc import Iterator

from resonance_predictor.week_rows import NONE

Who = tuple[str, str]
"""Stream and user key."""


class Away:
    """Who is away, by shard.

    Attributes:
        left: Who left since they were last saved, by shard.
    """

    def __init__(self) -> None:
        self._shards: dict[int, dict[Who, tuple[int, int]]] = {}
        self.left: dict[int, set[Who]] = {}

    def leave(self, shard: int, who: Who, chain: int, since_us: int) -> None:
        """Somebody was not heard of for too long.

        Args:
            shard, who: Of the user.
            chain: What is usual of them.
            since_us: Event time of their last vector.
        """
        self._shards.setdefault(shard, {})[who] = chain, since_us
        self.left.setdefault(shard, set()).add(who)

    def come_back(self, shard: int, who: Who) -> int:
        """Somebody is back, or to be forgotten; returns what is usual of them, NONE where that is not known."""
        here = self._shards.get(shard)
        if here is None or who not in here:
            return NONE
        chain, _ = here.pop(who)
        if not here:
            del self._shards[shard]
        return chain

    def of(self, shard: int) -> list[tuple[Who, int, int]]:
        """Everybody of a shard with chain and time, by stream and user key."""
        return sorted((who, *kept) for who, kept in self._shards.get(shard, {}).items())

    def since(self, stream: str, before_us: int) -> Iterator[tuple[int, Who]]:
        """Shard of everybody of a stream whose last vector was before some time, and who they are."""
        for shard, here in self._shards.items():
            for who, (_, since_us) in here.items():
                if who[0] == stream and since_us < before_us:
                    yield shard, who

    def streams(self) -> set[str]:
        """Names of the streams that somebody is away from."""
        return {name for here in self._shards.values() for name, _ in here}

    def shards(self) -> list[int]:
        """Shards that somebody is away from."""
        return list(self._shards)

    def __len__(self) -> int:
        return sum(map(len, self._shards.values()))
