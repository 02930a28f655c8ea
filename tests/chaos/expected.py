"""The events that the plan makes, as the gateway should have written them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from resonance_contracts.pb.resonance.v1 import activity_pb2 as pb
from resonance_gateway.people.pseudonyms import AddressKeys, Pseudonyms
from tests.chaos.ledger import Event
from tests.chaos.plan import STREAM, Act, Run, User, Visit

REPLAY: Final = f"replay:{STREAM}"
LIVE: Final = "live"
CHANNELS_PER_FRAME: Final = 64
KINDS: Final = {
    "message": pb.ACTIVITY_KIND_MESSAGE,
    "subscribe": pb.ACTIVITY_KIND_SUBSCRIBE,
    "unsubscribe": pb.ACTIVITY_KIND_UNSUBSCRIBE,
}


@dataclass(frozen=True, slots=True)
class Expectation:
    """The plan with the pseudonyms of the run.

    Attributes:
        run: What was sent.
        pseudonyms: Of users and tokens.
        addresses: Of addresses.
    """

    run: Run
    pseudonyms: Pseudonyms
    addresses: AddressKeys

    @classmethod
    def of(cls, run: Run, pseudonym_key: str) -> Expectation:
        """From the plan and the key of the run's gateways."""
        pseudonyms = Pseudonyms(pseudonym_key)
        return cls(run, pseudonyms, AddressKeys(pseudonyms))

    def key(self, user: User) -> tuple[str, str]:
        """Stream and pseudonym of a user."""
        return LIVE if user.live else REPLAY, self.pseudonyms.user(user.name)

    def source(self, user: User, visit: Visit) -> str:
        """Where a replayed visit's frames are numbered."""
        return f"{REPLAY}/{self.pseudonyms.user(user.name)}/{visit.source}"

    def events(self, user: User) -> Iterator[Event]:
        """Events of a replaying user in the order they happened; `received_us` is 0."""
        for visit in user.visits():
            yield from self._visit(user, visit)

    def _visit(self, user: User, visit: Visit) -> Iterator[Event]:
        source, key, token = self.source(user, visit), self.key(user)[1], self.pseudonyms.token(visit.token)

        def event(source: str, sequence: int, kind: int, act: Act, channel: str, size: int) -> Event:
            address = self.addresses.key(act.address)
            return Event(key, source, sequence, kind, act.time_us, size, channel, address, token, act.error, 0)

        def session(rank: int, kind: int, time_us: int) -> Event:
            act = Act("", time_us, (), 0, False, visit.address)
            return event(f"{source}#session", 4 * time_us + rank, kind, act, "", 0)

        yield session(0, pb.ACTIVITY_KIND_CONNECT, visit.time_us)
        yield session(1, pb.ACTIVITY_KIND_LOGIN, visit.time_us)
        for number, act in enumerate(visit.acts, 1):
            for i, channel in enumerate(act.channels[:-1]):
                quiet = Act(act.kind, act.time_us, (), 0, False, act.address)
                numbered = number * CHANNELS_PER_FRAME + i
                yield event(f"{source}#channels", numbered, KINDS[act.kind], quiet, channel, 0)
            yield event(source, number, KINDS[act.kind], act, act.channels[-1] if act.channels else "", act.size)
        if not visit.last:
            yield session(2, pb.ACTIVITY_KIND_DISCONNECT, visit.end_us)


def sockets_of(accounts: Mapping[int, list[dict[str, Any]]], user: User) -> Iterator[dict[str, Any]]:
    """Sockets of a user, as its writer kept account of them."""
    for account in accounts[user.number]:
        yield from account["sockets"]
