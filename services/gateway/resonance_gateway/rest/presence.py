"""REST: who used a channel of late, or came from an address."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field, model_validator

from resonance_contracts.rendering import Resolve
from resonance_gateway.auth.roles import Role
from resonance_gateway.limits.records import is_address_key
from resonance_gateway.people.pseudonyms import AddressKeys
from resonance_gateway.rest.access import seen_by
from resonance_gateway.rest.models import Answer, Asked
from resonance_gateway.rest.routing import Call, Nothing, Route
from resonance_gateway.tracking.whereabouts import Whereabouts


class PresenceQuery(Asked):
    """Where: give one of both.

    Attributes:
        channel: A channel.
        address: An address, or its pseudonym.
    """

    channel: Annotated[str | None, Field(min_length=1, max_length=128)] = None
    address: Annotated[str | None, Field(min_length=1, max_length=255)] = None

    @model_validator(mode="after")
    def _names_one(self) -> PresenceQuery:
        if (self.channel is None) == (self.address is None):
            raise ValueError("give either channel or address")
        return self


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
    """Handler of the route.

    Attributes:
        whereabouts: Who was where.
        addresses: Turns addresses into keys.
        resolve: Gives the user id of a user key.
    """

    whereabouts: Whereabouts
    addresses: AddressKeys
    resolve: Resolve

    def routes(self) -> list[Route[Any, Any, Any]]:
        """The route, to be served."""
        summary = "Who used a channel of late, or came from an address."
        return [
            Route("GET", "/ml/presence", Role.VIEWER, summary, self.show, Nothing, PresenceQuery, Nothing, Presence)
        ]

    async def show(self, call: Call[Nothing, PresenceQuery, Nothing]) -> Presence:
        """`GET /ml/presence?channel=general`."""
        asked = call.query
        if asked.channel is not None:
            found = self.whereabouts.channels.people(asked.channel)
        else:
            address = asked.address or ""
            key = address if is_address_key(address) else self.addresses.key(address)
            found = self.whereabouts.addresses.people(key)
        resolve = seen_by(call.caller, self.resolve)
        people = [PersonSeen(user_key=key, user_id=resolve(key), seen_us=seen_us) for key, seen_us in found]
        return Presence(count=len(people), people=people)
