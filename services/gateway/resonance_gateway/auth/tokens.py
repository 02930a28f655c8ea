"""Checks JSON Web Tokens (RFC 7519) after RFC 8725: the kind of a key decides the algorithm, never the token.

Tokens signed with HS256 are checked with secrets that the issuer shares with the gateway, all others with the public
keys of an issuer. `prepare` may wait for a key that is not known yet; `principal` is a function of the keys that are.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Protocol

from jwt import PyJWK

from resonance_gateway.auth.api_keys import ApiKeys
from resonance_gateway.auth.claims import LEEWAY_S, MAX_USER_ID_BYTES, principal_of
from resonance_gateway.auth.jwks import ASYMMETRIC, IssuedKeys
from resonance_gateway.auth.principal import Principal
from resonance_gateway.auth.refusals import Refusal
from resonance_gateway.auth.roles import Role
from resonance_gateway.auth.verifying import SHARED, Expected, Header, claims_of, header_of, secret_key
from resonance_gateway.errors import KeysAway, NotAuthenticated
from resonance_runtime import metrics

ROLE_OPERATOR: Final = Role.OPERATOR
ROLE_REPLAY: Final = Role.REPLAY


class Issuer(Protocol):
    """Where public keys come from that are not known yet."""

    @property
    def away(self) -> bool:
        """Whether it does not answer now."""

    async def learn(self) -> None:
        """Returns when the newest keys are known or could not be had; raises KeysAway where too many wait."""


class Authenticator:
    """Checks tokens.

    Args:
        secrets: Secrets of HS256; any of them is accepted, so that one can follow another.
        issued: Public keys.
        issuer: Asked for those that are not known; None where there is nobody to ask.
        expected: What tokens must state.
        api_keys: Keys of programs, for REST.
    """

    def __init__(
        self,
        *secrets: str,
        issued: IssuedKeys | None = None,
        issuer: Issuer | None = None,
        expected: Expected = Expected(),  # noqa: B008  # frozen
        api_keys: ApiKeys | None = None,
    ) -> None:
        self._secrets = [secret_key(secret) for secret in secrets]
        self._issued = issued
        self._issuer = issuer
        self._expected = expected
        self._api_keys = ApiKeys() if api_keys is None else api_keys

    def principal(self, token: str) -> Principal:
        """The one a token speaks for; counts what is refused.

        Raises:
            NotAuthenticated: The token is malformed, expired, signed otherwise, or its claims are not as documented.
            KeysAway: Its key is not known, and the issuer does not answer.
        """
        try:
            return principal_of(self._claims(token), token)
        except NotAuthenticated as refusal:
            metrics.GATEWAY_TOKENS_REFUSED.labels(reason=refusal.reason).inc()
            raise

    def program(self, key: str) -> Principal:
        """The program an API key belongs to; raises NotAuthenticated, counts what is refused."""
        try:
            return self._api_keys.principal(key)
        except NotAuthenticated as refusal:
            metrics.GATEWAY_TOKENS_REFUSED.labels(reason=refusal.reason).inc()
            raise

    def knows(self, token: str) -> bool:
        """Whether `principal` can tell now; where not, `prepare` is to be awaited first."""
        if self._issuer is None or self._issued is None:
            return True
        try:
            header = header_of(token)
        except NotAuthenticated:
            return True
        return header.algorithm not in ASYMMETRIC or bool(self._issued.candidates(*header))

    async def prepare(self, token: str) -> None:
        """Waits until the key of a token is known or cannot be had; at once for nearly all tokens.

        Raises:
            KeysAway: Too many wait for keys already.
        """
        if self._issuer is None or self.knows(token):
            return
        try:
            await self._issuer.learn()
        except KeysAway as refusal:
            metrics.GATEWAY_TOKENS_REFUSED.labels(reason=refusal.reason).inc()
            raise

    def _claims(self, token: str) -> dict[str, Any]:
        for key in self._candidates(header_of(token)):
            claims = claims_of(token, key, self._expected)
            if claims is not None:
                return claims
        raise NotAuthenticated(
            "The token is refused: Signature verification failed with every key it may be signed with.",
            Refusal.SIGNATURE,
        )

    def _candidates(self, header: Header) -> Sequence[PyJWK]:
        if header.algorithm == SHARED and self._secrets:
            return self._secrets
        if header.algorithm not in ASYMMETRIC or self._issued is None:
            accepted = [SHARED] if self._secrets else []
            accepted += sorted(ASYMMETRIC) if self._issued is not None else []
            raise NotAuthenticated(f"A token signed with {' or '.join(accepted)} was expected.", Refusal.ALGORITHM)
        if candidates := self._issued.candidates(*header):
            return candidates
        if self._issuer is not None and self._issuer.away:
            raise KeysAway("The token's key is not known, and its issuer does not answer now; try again later.")
        raise NotAuthenticated(
            "The key that the token names in `kid` is none of its issuer's keys for that `alg`.", Refusal.UNKNOWN_KEY
        )


__all__ = [
    "LEEWAY_S",
    "MAX_USER_ID_BYTES",
    "ROLE_OPERATOR",
    "ROLE_REPLAY",
    "Authenticator",
    "Issuer",
    "Principal",
]
