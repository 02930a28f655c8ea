"""Tokens that the gateway accepts: JWT (RFC 7519), signed with HS256 by the shared secret."""

from __future__ import annotations

import hmac
import json
import time
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from secrets import token_hex
from typing import Any

from resonance_client.errors import UsageError

SHORTEST_SECRET = 32
"""Bytes; RFC 7518, section 3.2, asks for a key at least as long as the hash."""


class TokenSigner:
    """Signs tokens with the gateway's secret.

    Raises:
        UsageError: The secret is shorter than 32 bytes.
    """

    def __init__(self, secret: str, lifetime_s: int = 6 * 3600) -> None:
        if len(secret.encode()) < SHORTEST_SECRET:
            raise UsageError(
                f"The JWT secret has {len(secret.encode())} bytes, expected at least {SHORTEST_SECRET}; "
                "set RESONANCE_JWT_SECRET to the gateway's secret."
            )
        self._secret = secret
        self._lifetime_s = lifetime_s
        self._signed: dict[tuple[str, str], str] = {}

    def sign(
        self, user: str, *, roles: Sequence[str] = (), token_id: str | None = None, lifetime_s: int | None = None
    ) -> str:
        """A token of this user with these roles; a new token id where none is given. Lifetime in seconds."""
        expires = int(time.time()) + (lifetime_s or self._lifetime_s)
        claims = {"sub": user, "exp": expires, "jti": token_id or token_hex(8), "roles": [*roles]}
        return self._signed_token(claims)

    def replay(self, user: str, token_id: str) -> str:
        """The token of this id for replaying; signed once, since one token may open many connections."""
        key = (user, token_id)
        if key not in self._signed:
            self._signed[key] = self.sign(user, roles=["replay"], token_id=token_id)
        return self._signed[key]

    def _signed_token(self, claims: dict[str, Any]) -> str:
        """A JWS of claims in its compact form (RFC 7515, section 3.1)."""
        parts = [json.dumps(part, separators=(",", ":")).encode() for part in ({"alg": "HS256", "typ": "JWT"}, claims)]
        signed = b".".join(map(_base64, parts))
        return (signed + b"." + _base64(hmac.digest(self._secret.encode(), signed, "sha256"))).decode()


def _base64(data: bytes) -> bytes:
    return urlsafe_b64encode(data).rstrip(b"=")
