"""REST: who used a channel of late, or came from an address."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field

from resonance_contracts.rendering import Resolve
from resonance_gateway.auth.principal import Principal
from resonance_gateway.auth.roles import Role
from resonance_gateway.limits.records import is_address_key
from resonance_gateway.people.pseudonyms import AddressKeys
from resonance_gateway.rest.access import seen_by
from resonance_gateway.rest.models import Answer, Asked
from resonance_gateway.rest.routing import Call, Nothing, Route
from resonance_gateway.tracking.whereabouts import Whereabouts


class ChannelQuery(Asked):
    """Which channel.

    Attributes:
        channel: A channel.
    """

    channel: Annotated[str, Field(min_length=1, max_length=128)]


class AddressQuery(Asked):
    """Which address.

    Attributes:
        address: An address, or its pseudonym.
    """

    address: Annotated[str, Field(min_length=1, max_length=255)]


class PersonSeen(Answer):
    """Somebody, and when they were there last: event time, microseconds since the epoch."""

    user_key: str
    user_id: str | None
    seen_us: int


class Presence(Answer):
    """Who was there of late, the last one first.

    This gateway remembers 5,000 channels and as many addresses, those of late, and the last 100 people of each.
    """

    count: int
    people: list[PersonSeen]


@dataclass(frozen=True, slots=True)
class PresenceApi:
    """Handlers of the routes.

    Attributes:
        whereabouts: Who was where.
        addresses: Turns addresses into keys.
        resolve: Gives the user id of a user key.
    """

    whereabouts: Whereabouts
    addresses: AddressKeys
    resolve: Resolve

    def routes(self) -> list[Route[Any, Any, Any]]:
        """The routes, to be served."""
        viewer = Role.VIEWER
        return [
            Route(
                "GET", "/ml/presence/channel", viewer, "Who used a channel of late.", self.show_channel, Nothing,
                ChannelQuery, Nothing, Presence,
            ),
            Route(
                "GET", "/ml/presence/address", viewer, "Who came from an address of late.", self.show_address, Nothing,
                AddressQuery, Nothing, Presence,
            ),
        ]  # fmt: skip

    async def show_channel(self, call: Call[Nothing, ChannelQuery, Nothing]) -> Presence:
        """`GET /ml/presence/channel?channel=general`."""
        return self._shown(call.caller, self.whereabouts.channels.people(call.query.channel))

    async def show_address(self, call: Call[Nothing, AddressQuery, Nothing]) -> Presence:
        """`GET /ml/presence/address?address=192.0.2.1`."""
        address = call.query.address
        key = address if is_address_key(address) else self.addresses.key(address)
        return self._shown(call.caller, self.whereabouts.addresses.people(key))

    def _shown(self, caller: Principal, found: Sequence[tuple[str, int]]) -> Presence:
        resolve = seen_by(caller, self.resolve)
        people = [PersonSeen(user_key=key, user_id=resolve(key), seen_us=seen_us) for key, seen_us in found]
        return Presence(count=len(people), people=people)
