"""Erasing a person: what is said when it is asked for, and what every gateway does when it reads that.

    DELETE ──▶ users.erased ──▶ every gateway: closes the person's connections, forgets them,
                     │          and says ERASED in activity.observed, behind everything it sent of them
                     └──▶ xai, llm-orchestrator, auto-retrainer: forget them

What follows from activity (features, baselines, incidents, snapshots, the online store) is forgotten in its own order,
by whoever reads the ERASED. Who asked is answered once that of the gateway asked is stored. A gateway that comes back
says it again for what was asked in the last ten minutes: it may have been killed before it said it, behind events of
the person. Said twice, it is as if it had been asked for twice.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final, Protocol

from resonance_contracts.pb.resonance.v1.people_pb2 import UserErased
from resonance_contracts.topics import USERS_ERASED
from resonance_gateway.people.pseudonyms import Directory, Pseudonyms, is_user_key
from resonance_gateway.publishing import Publishes
from resonance_gateway.tracking.clock import Clock
from resonance_gateway.tracking.tracker import Tracker
from resonance_runtime.erasures import Erasures
from resonance_runtime.errors import Unavailable
from resonance_runtime.records import Outgoing, Record

log = logging.getLogger(__name__)

SAID_AGAIN_US: Final = 600_000_000
STORED_WITHIN_S: Final = 10.0


class OfSomebody(Protocol):
    """An open connection."""

    @property
    def user_key(self) -> str:
        """Whose it is; "" before that is known."""

    def erase(self) -> None:
        """Ends it with `CloseCode.ERASED`. From now on nothing is tracked of it."""


@dataclass(frozen=True, slots=True)
class Begun:
    """An erasure that began.

    Attributes:
        erasure_id: The same whenever the same person is erased.
        user_keys: Pseudonyms under which they are erased.
        erased_us: What was received until then is forgotten, microseconds since the epoch.
    """

    erasure_id: str
    user_keys: tuple[str, ...]
    erased_us: int


class Erasing:
    """Begins erasures, and does this gateway's part of them.

    Args:
        pseudonyms, directory: Who is meant.
        sender: Takes the records of erasures.
        tracker: Brings the ERASED to everyone who computes from activity.
        clock: That of the gateway.
        erasures: Who was erased, for everyone of this gateway who reads the past or holds something.

    Attributes:
        erasures: As given.
        connections: Open connections, of every kind; the collections themselves are looked at.
        before: Awaited with the pseudonyms before an erasure is told: removes what compacted topics keep.
    """

    def __init__(
        self,
        pseudonyms: Pseudonyms,
        directory: Directory,
        sender: Publishes,
        tracker: Tracker,
        clock: Clock,
        erasures: Erasures,
    ) -> None:
        self._pseudonyms = pseudonyms
        self._directory = directory
        self._sender = sender
        self._tracker = tracker
        self._clock = clock
        self.erasures = erasures
        self.connections: list[Collection[OfSomebody]] = []
        self.before: list[Callable[[Sequence[str]], Awaitable[None]]] = []
        self._said_us: dict[str, int] = {}

    async def begin(self, person: str) -> Begun:
        """Tells everyone that a person is erased; returns when that is stored, for those who compute too.

        Args:
            person: User id or pseudonym.

        Raises:
            Unavailable: The broker does not take it; nothing is certain, and it may be asked for again.
        """
        user_keys = self._keys_of(person)
        begun = Begun(_id_of(user_keys), user_keys, self._clock.now_us())
        for prepare in self.before:
            await prepare(user_keys)
        records = [_record(begun, user_key) for user_key in user_keys]
        await self._sender.send_all(records)
        said = [self._carry_out(erased) for record in records if isinstance(erased := record.value, UserErased)]
        log.info("a person is erased", extra={"erasure": begun.erasure_id})
        try:
            async with asyncio.timeout(STORED_WITHIN_S):
                await asyncio.gather(*said)
        except TimeoutError:
            raise Unavailable("The broker does not store the erasure; ask for it again.") from None
        return begun

    async def handle(self, records: Sequence[Record[UserErased]]) -> None:
        """Takes records of erasures, this gateway's own too."""
        for record in records:
            erased = record.value
            if self._said_us.get(erased.user_key, 0) >= erased.erased_us:
                continue
            if self._clock.now_us() - erased.erased_us < SAID_AGAIN_US:
                self._carry_out(erased)
            else:
                self.erasures.take(erased)

    def _carry_out(self, erased: UserErased) -> asyncio.Future[None]:
        """Closes connections first, so that nothing of them comes behind the ERASED; done when that is stored."""
        self._said_us[erased.user_key] = erased.erased_us
        self.erasures.take(erased)
        for connections in self.connections:
            for connection in [one for one in connections if one.user_key == erased.user_key]:
                connection.erase()
        return self._tracker.erase(erased.user_key, f"erasure/{erased.erasure_id}")

    def _keys_of(self, person: str) -> tuple[str, ...]:
        """All pseudonyms of a person, as far as they can be known."""
        if not is_user_key(person):
            return self._pseudonyms.every(person)
        user_id = self._directory.user_id(person)
        others = () if user_id is None else self._pseudonyms.every(user_id)
        return (person, *(key for key in others if key != person))


def _id_of(user_keys: Sequence[str]) -> str:
    return f"e_{blake2b(min(user_keys).encode(), digest_size=12).hexdigest()}"


def _record(begun: Begun, user_key: str) -> Outgoing:
    erased = UserErased(user_key=user_key, erased_us=begun.erased_us, erasure_id=begun.erasure_id)
    return Outgoing(
        USERS_ERASED,
        erased,
        id=f"{begun.erasure_id}/{user_key}/{begun.erased_us}",
        time_us=begun.erased_us,
        user_key=user_key,
    )
