"""Opens and ends the sessions of a backend's clients."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from resonance_gateway.auth.principal import Principal
from resonance_gateway.errors import GatewayError
from resonance_gateway.limits.gate import Gate
from resonance_gateway.proxy.identity import is_anonymous
from resonance_gateway.rest.problems import TryLater
from resonance_gateway.sockets.opening import Doorkeeper
from resonance_gateway.sockets.session import Session

# What a client with too many connections is told to wait, seconds.
_ROOM_S: Final = 30.0


class Reception:
    """Counts clients in and out.

    Args:
        known: Lets users in whose name is known.
        crowd: Lets the others in, who are everybody at their address.
        limits: Of users and addresses.
    """

    def __init__(self, known: Doorkeeper, crowd: Doorkeeper, limits: Gate) -> None:
        self._known = known
        self._crowd = crowd
        self.limits = limits

    @contextmanager
    def session(self, principal: Principal, address: str, now_us: int) -> Iterator[Session]:
        """A session for the time of a connection.

        Raises:
            Problem: 429, the user has too many connections.
        """
        anonymous = is_anonymous(principal)
        doorkeeper = self._crowd if anonymous else self._known
        try:
            session = doorkeeper.open(f"c_{secrets.token_hex(12)}", principal, address, None, now_us)
        except GatewayError as refusal:
            raise TryLater(429, "Too many connections", refusal.sentence, _ROOM_S) from None
        if anonymous:
            self.limits.widen(session.user_bucket, now_us)
        try:
            yield session
        finally:
            doorkeeper.leave(session)
