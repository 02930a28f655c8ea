"""The load of each minute, counted from vectors.

A vector says how many messages its user sent in the minute before it, and stands for its share of them: for those,
divided by the vectors of that minute. So the sum over vectors is the number of messages, whatever the pace, without a
second reader of the activity itself, and the predictor, which reads vectors only, counts the same.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from resonance_contracts.features import INDEX

MINUTE_US: Final = 60_000_000
LONGEST: Final = 14 * 1440
"""Minutes that are kept of a stream."""

MOST_STREAMS: Final = 16
"""Streams that are kept: replays come and go."""

IDLE_US: Final = 3600 * 1_000_000
"""A user is forgotten so long after their newest vector."""

_MESSAGES: Final = INDEX["messages_per_minute"]
_CONNECTED: Final = INDEX["connection_duration"]


@dataclass(frozen=True, slots=True)
class Load:
    """What came in consecutive minutes of one stream.

    Attributes:
        stream: Its name.
        first_minute: Minutes since the epoch at the first.
        counts: Messages and connections, (minutes, 2).
        vectors: Vectors that were counted.
        users: Users who are known of the last hour.
    """

    stream: str
    first_minute: int
    counts: NDArray[np.float64]
    vectors: int
    users: int

    def __len__(self) -> int:
        return len(self.counts)


@dataclass(slots=True)
class _User:
    """Ends of a user's vectors of the newest minute, and the minute in which they were counted as connected last."""

    ends_us: deque[int] = field(default_factory=deque)
    connected: int = -1


@dataclass(slots=True)
class _Stream:
    users: dict[str, _User] = field(default_factory=dict)
    minutes: dict[int, list[float]] = field(default_factory=dict)
    newest: int = 0
    vectors: int = 0
    swept_us: int = 0


class LoadLog:
    """Messages and connections by minute, of every stream. Repeats of vectors change nothing."""

    def __init__(self) -> None:
        self._streams: dict[str, _Stream] = {}

    def add(self, name: str, users: Sequence[str], ends_us: Sequence[int], values: NDArray[np.float64]) -> None:
        """Counts vectors; those of a user must come in order, as they do in a partition. Too old ones are passed over.

        Args:
            name: Their stream.
            users, ends_us: User and end of each, microseconds since the epoch.
            values: (n, width), in the catalogue's order.
        """
        stream = self._streams.setdefault(name, _Stream())
        messages, connected = values[:, _MESSAGES].tolist(), values[:, _CONNECTED].tolist()
        for i, (user_key, end_us) in enumerate(zip(users, ends_us, strict=True)):
            minute = end_us // MINUTE_US
            if minute <= stream.newest - LONGEST:
                continue
            user = stream.users.setdefault(user_key, _User())
            if user.ends_us and end_us <= user.ends_us[-1]:
                continue
            while user.ends_us and user.ends_us[0] <= end_us - MINUTE_US:
                user.ends_us.popleft()
            user.ends_us.append(end_us)
            counts = stream.minutes.setdefault(minute, [0.0, 0.0])
            counts[0] += messages[i] / len(user.ends_us)
            if connected[i] > 0.0 and user.connected < minute:
                user.connected = minute
                counts[1] += 1.0
            stream.vectors += 1
            stream.newest = max(stream.newest, minute)
        self._forget(stream)

    def erase(self, user_key: str) -> None:
        """Forgets a user. What they sent stays in the sums, which name nobody."""
        for stream in self._streams.values():
            stream.users.pop(user_key, None)

    def longest(self) -> Load | None:
        """The stream of which most minutes are known, without its newest minute, which is not over; None for none."""
        known = {name: self._minutes_of(stream) for name, stream in self._streams.items()}
        name = max(known, key=lambda name: (len(known[name]), name == "live", name), default=None)
        if name is None or not known[name]:
            return None
        stream, nothing = self._streams[name], [0.0, 0.0]
        counts = np.array([stream.minutes.get(minute, nothing) for minute in known[name]])
        return Load(name, known[name].start, counts, stream.vectors, max(len(stream.users), 1))

    def minutes(self) -> int:
        """Minutes that are known of that stream."""
        return max((len(self._minutes_of(stream)) for stream in self._streams.values()), default=0)

    @staticmethod
    def _minutes_of(stream: _Stream) -> range:
        return range(max(min(stream.minutes, default=0), stream.newest - LONGEST), stream.newest)

    def _forget(self, stream: _Stream) -> None:
        now_us = stream.newest * MINUTE_US
        if now_us - stream.swept_us >= IDLE_US:
            stream.swept_us = now_us
            stream.users = {k: u for k, u in stream.users.items() if u.ends_us and u.ends_us[-1] > now_us - IDLE_US}
            for minute in [minute for minute in stream.minutes if minute <= stream.newest - LONGEST]:
                del stream.minutes[minute]
        if len(self._streams) > MOST_STREAMS:
            oldest = min(
                (name for name, one in self._streams.items() if one is not stream and name != "live"),
                key=lambda name: self._streams[name].newest,
            )
            del self._streams[oldest]
