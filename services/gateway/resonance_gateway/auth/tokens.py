"""Who a token speaks for: JSON Web Tokens (RFC 7519) signed with HMAC SHA-256."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Final

import jwt

from resonance_gateway.errors import NotAuthenticated

ROLE_OPERATOR: Final = "operator"
ROLE_REPLAY: Final = "replay"

MAX_USER_ID_BYTES: Final = 256
MAX_TOKEN_CHARACTERS: Final = 32_768
# Clocks of the issuer and of this machine may differ by this much.
LEEWAY_S: Final = 5.0
# Channels that a token without a `channels` claim does not open.
RESERVED_CHANNEL_PREFIX: Final = "admin."


@dataclass(frozen=True, slots=True)
class Principal:
    """Who a token speaks for and what it allows.

    Attributes:
        user_id: The `sub` claim, 1 to 256 bytes; never logged, never published.
        token_id: The `jti` claim, or a digest of the token where it has none.
        roles: The `roles` claim.
        channels: The `channels` claim, "*" for every channel; None where the claim is absent.
    """

    user_id: str
    token_id: str
    roles: frozenset[str] = frozenset()
    channels: frozenset[str] | None = None

    def may_use(self, channel: str) -> bool:
        """Whether the token opens a channel: all but `admin.…` where it has no `channels` claim."""
        if self.channels is None:
            return not channel.startswith(RESERVED_CHANNEL_PREFIX)
        return "*" in self.channels or channel in self.channels


class Authenticator:
    """Checks tokens against one secret."""

    def __init__(self, secret: str) -> None:
        self._secret = secret

    def principal(self, token: str) -> Principal:
        """The one a token speaks for.

        Raises:
            NotAuthenticated: The token is malformed, expired, signed otherwise, or its claims are not as documented.
        """
        if len(token) > MAX_TOKEN_CHARACTERS:
            raise NotAuthenticated(
                f"A token of at most {MAX_TOKEN_CHARACTERS} characters was expected, this one has {len(token)}."
            )
        claims = self._verified_claims(token)
        return Principal(
            user_id=_user_id(claims["sub"]),
            token_id=_token_id(claims, token),
            roles=_names(claims, "roles") or frozenset(),
            channels=_names(claims, "channels"),
        )

    def _verified_claims(self, token: str) -> dict[str, Any]:
        try:
            return jwt.decode(
                token,
                self._secret,
                algorithms=["HS256"],
                leeway=LEEWAY_S,
                options={"require": ["exp", "sub"], "verify_aud": False},
            )
        except jwt.ExpiredSignatureError:
            raise NotAuthenticated("The token has expired; ask its issuer for a new one.") from None
        except jwt.InvalidTokenError as error:
            said = str(error).rstrip(".")
            raise NotAuthenticated(
                f"A JWT signed with HS256 that has `sub` and `exp` was expected; this one is refused: {said}."
            ) from None
        except ValueError:
            # Bytes of a header that are no text: pyjwt does not expect them.
            raise NotAuthenticated("A JWT signed with HS256 was expected; this one could not be read.") from None


def _user_id(subject: object) -> str:
    if not isinstance(subject, str) or not subject:
        raise NotAuthenticated("The claim `sub` must be a user id of at least one character.")
    try:
        size = len(subject.encode())
    except UnicodeEncodeError:
        raise NotAuthenticated("The claim `sub` must be text that UTF-8 can hold.") from None
    if size > MAX_USER_ID_BYTES:
        raise NotAuthenticated(
            f"A user id of at most {MAX_USER_ID_BYTES} bytes was expected in the claim `sub`, this one has {size}."
        )
    return subject


def _token_id(claims: dict[str, Any], token: str) -> str:
    identifier = claims.get("jti")
    if identifier is None:
        return blake2b(token.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
    if not isinstance(identifier, str) or not identifier or len(identifier) > MAX_USER_ID_BYTES:
        raise NotAuthenticated(f"The claim `jti` must be text of 1 to {MAX_USER_ID_BYTES} characters.")
    return identifier


def _names(claims: dict[str, Any], claim: str) -> frozenset[str] | None:
    names = claims.get(claim)
    if names is None:
        return None
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise NotAuthenticated(f"The claim `{claim}` must be a list of text.")
    return frozenset(names)
