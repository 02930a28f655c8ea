"""What the gateway writes of a timeline: the same events, refusals and limits, without connections."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Final

from resonance_client.timeline import Action
from resonance_client.timeline import Kind as Deed
from resonance_gateway.limits.limiter import Limits, RateLimiter
from resonance_gateway.people.pseudonyms import Pseudonyms
from resonance_gateway.tracking.activity import LIVE_STREAM, Activity, Kind
from resonance_gateway.tracking.batching import MAX_EVENTS, columns

ORIGIN: Final = "bench"
SESSION: Final = {Deed.CONNECT: (Kind.CONNECT, Kind.LOGIN), Deed.DISCONNECT: (Kind.DISCONNECT,)}
LIMITS: Final = Limits(10, 100)
"""The gateway's defaults."""
FORBIDDEN: Final = "admin."
"""Channels that the people's tokens do not open begin like this."""
LONGEST_BATCH_US: Final = 60_000_000


class Gateway:
    """Turns actions into the activity that the gateway tracks of them."""

    def __init__(self) -> None:
        pseudonyms = Pseudonyms("bench")
        self.user = cache(pseudonyms.user)
        self._address, self._token = cache(pseudonyms.address), cache(pseudonyms.token)
        self._limiter = RateLimiter(LIMITS)
        self._numbers: Counter[str] = Counter()

    def batches(self, actions: Iterable[Action]) -> Iterator[bytes]:
        """Serialized `ActivityBatch`es of some actions, which are in order of time."""
        waiting: list[Activity] = []
        for action in actions:
            full = len(waiting) >= MAX_EVENTS
            if waiting and (full or action.time_us - waiting[0].time_us > LONGEST_BATCH_US):
                yield _batch(waiting)
                waiting = []
            waiting += self._events(action)
        if waiting:
            yield _batch(waiting)

    def _events(self, action: Action) -> list[Activity]:
        kinds = SESSION.get(action.kind)
        if kinds is not None:
            return [self._event(action, f"{action.connection}#session", kind, "") for kind in kinds]
        if self._limiter.take(action.user, action.time_us) > 0:
            return [self._event(action, action.connection, Kind.LIMITED, action.channels[-1], error=True)]
        if action.kind is Deed.SUBSCRIBE:
            return [self._event(action, action.connection, Kind.SUBSCRIBE, channel) for channel in action.channels]
        (channel,) = action.channels
        error = action.error or channel.startswith(FORBIDDEN)
        return [self._event(action, action.connection, Kind.MESSAGE, channel, error=error)]

    def _event(self, action: Action, source: str, kind: Kind, channel: str, *, error: bool = False) -> Activity:
        self._numbers[source] += 1
        return Activity(
            self.user(action.user),
            source,
            self._numbers[source],
            action.time_us,
            kind,
            action.size,
            channel,
            self._address(action.address),
            self._token(action.token),
            error,
            action.time_us,
        )


def _batch(events: list[Activity]) -> bytes:
    return columns(ORIGIN, LIVE_STREAM, events[-1].time_us, events).SerializeToString()
