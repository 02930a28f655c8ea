"""Who a client of the backend is: from a token of ours, from what a trusted proxy says, or its address."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

from aiohttp import web

from resonance_gateway.auth.bearer import bearer_of
from resonance_gateway.auth.claims import MAX_USER_ID_BYTES
from resonance_gateway.auth.principal import Principal
from resonance_gateway.errors import NotAuthenticated
from resonance_gateway.proxy.policy import Users

ANONYMOUS: Final = "anonymous@"


class Authenticates(Protocol):
    """The part of the authenticator that is needed here."""

    async def prepare(self, token: str) -> None:
        """Waits until the key of a token is known; raises KeysAway."""

    def principal(self, token: str) -> Principal:
        """The one a token speaks for; raises NotAuthenticated."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where it may stand who a client is.

    Attributes:
        query: Name of the query parameter with a token, "" for none.
        cookie: Name of the cookie with a token, "" for none.
        header: Name of the header in which trusted proxies name the user, "" for none.
    """

    query: str
    cookie: str
    header: str


class Identification:
    """Finds out who a client is.

    Args:
        authenticator: Checks tokens.
        places: Where to look.
        users: Whether it must be found.
    """

    def __init__(self, authenticator: Authenticates, places: Places, users: Users) -> None:
        self._authenticator = authenticator
        self._places = places
        self._users = users

    async def who(self, request: web.Request, address: str, believed: bool) -> Principal:
        """The one on whose behalf a request comes.

        Args:
            request: As it came.
            address: Of the client.
            believed: Whether it came from a trusted proxy.

        Returns:
            A principal; without `token_id` where no token of ours named the user.

        Raises:
            NotAuthenticated: Nothing names the user, and something must.
        """
        if believed and self._places.header and (named := request.headers.get(self._places.header)):
            return Principal(_user_id(named), "")
        refusal: NotAuthenticated | None = None
        for token in self._tokens(request):
            try:
                await self._authenticator.prepare(token)
                return self._authenticator.principal(token)
            except NotAuthenticated as error:
                refusal = refusal or error
        if self._users is Users.REQUIRED:
            raise refusal or NotAuthenticated(f"A token was expected {self._where()}; none came.")
        return Principal(ANONYMOUS + address, "")

    def _tokens(self, request: web.Request) -> list[str]:
        places = self._places
        found = [
            bearer_of(request),
            request.query.get(places.query) if places.query else None,
            request.cookies.get(places.cookie) if places.cookie else None,
        ]
        return [token for token in found if token]

    def _where(self) -> str:
        where = ["in the header `Authorization: Bearer …`"]
        if self._places.query:
            where.append(f"in the query parameter `{self._places.query}`")
        if self._places.cookie:
            where.append(f"in the cookie `{self._places.cookie}`")
        return " or ".join(where)


def is_anonymous(principal: Principal) -> bool:
    """Whether nothing but an address is known of somebody."""
    return not principal.token_id and principal.user_id.startswith(ANONYMOUS)


def _user_id(named: str) -> str:
    """A user id that a proxy named."""
    try:
        size = len(named.encode())
    except UnicodeEncodeError:
        raise NotAuthenticated("The proxy named a user by what is no text of UTF-8.") from None
    if size > MAX_USER_ID_BYTES:
        raise NotAuthenticated(f"The proxy named a user with more than {MAX_USER_ID_BYTES} bytes.")
    return named
