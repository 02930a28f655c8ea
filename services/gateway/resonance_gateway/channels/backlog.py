"""Publications that wait for one slow client: bounded in bytes, in order, each by the policy of its channel."""

from __future__ import annotations

from collections import OrderedDict
from itertools import islice
from typing import Final

from resonance_gateway.channels.policies import Policy
from resonance_gateway.channels.publication import Publication

# So far in is looked for something that may be dropped.
_LOOK: Final = 64


class TooSlow(Exception):
    """What may not be dropped does not fit any more: the client is to be disconnected."""


class Backlog:
    """What waits for one client.

    Attributes:
        size: Bytes that wait.
    """

    __slots__ = ("_waiting", "size")

    def __init__(self) -> None:
        self.size = 0
        self._waiting: OrderedDict[object, Publication] = OrderedDict()

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def put(self, publication: Publication, room: int) -> list[Policy]:
        """Adds a publication; returns the policies by which others, or itself, were left out.

        Args:
            publication: What is to wait.
            room: Bytes that may wait with it, at least 0.

        Raises:
            TooSlow: One of a channel with the policy `disconnect` would have to be left out.
        """
        left_out = []
        conflated = publication.policy is Policy.CONFLATE
        if conflated and (older := self._waiting.get(publication.channel)) is not None:
            self.size -= len(older.frame)
            left_out.append(Policy.CONFLATE)
        self._waiting[publication.channel if conflated else publication] = publication
        self.size += len(publication.frame)
        while self.size > room:
            left_out.append(self._drop())
        return left_out

    def pop(self) -> Publication:
        """Takes the one that waits longest."""
        _, publication = self._waiting.popitem(last=False)
        self.size -= len(publication.frame)
        return publication

    def _drop(self) -> Policy:
        """Leaves out the oldest that may be, and one that is the newest of its channel only where there is no other."""
        oldest = list(islice(self._waiting.items(), _LOOK))
        for policy in (Policy.DROP_OLDEST, Policy.CONFLATE):
            for key, publication in oldest:
                if publication.policy is policy:
                    del self._waiting[key]
                    self.size -= len(publication.frame)
                    return policy
        raise TooSlow
