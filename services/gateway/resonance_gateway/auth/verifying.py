"""One token, one key: whether the key signed it and its times and parties are right; pyjwt does the work."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import jwt
from jwt.types import Options

from resonance_gateway.auth.claims import LEEWAY_S
from resonance_gateway.auth.refusals import Refusal
from resonance_gateway.errors import NotAuthenticated

# The one algorithm whose key both sides have.
SHARED: Final = "HS256"
MAX_TOKEN_CHARACTERS: Final = 32_768

_LONGEST_QUOTED: Final = 200
_REASONS: Final[Sequence[tuple[type[Exception], Refusal]]] = (
    (jwt.ImmatureSignatureError, Refusal.NOT_YET_VALID),
    (jwt.InvalidIssuerError, Refusal.ISSUER),
    (jwt.InvalidAudienceError, Refusal.AUDIENCE),
    (jwt.MissingRequiredClaimError, Refusal.CLAIMS),
    (jwt.exceptions.InvalidSubjectError, Refusal.CLAIMS),
    (jwt.exceptions.InvalidJTIError, Refusal.CLAIMS),
    (jwt.InvalidIssuedAtError, Refusal.CLAIMS),
)


@dataclass(frozen=True, slots=True)
class Expected:
    """What tokens must state beside who they are for; nothing is asked where a tuple is empty.

    Attributes:
        issuers: One of them must be the claim `iss`.
        audiences: One of them must be in the claim `aud`.
    """

    issuers: tuple[str, ...] = ()
    audiences: tuple[str, ...] = ()

    def options(self) -> Options:
        """As pyjwt takes it."""
        return {
            "require": ["exp", "sub", *(["iss"] if self.issuers else []), *(["aud"] if self.audiences else [])],
            "verify_aud": bool(self.audiences),
        }


class Header(NamedTuple):
    """What a token says of itself; nobody has looked at its signature yet."""

    algorithm: str
    key_id: str | None


def header_of(token: str) -> Header:
    """The header of a token; raises NotAuthenticated where it is no token."""
    if len(token) > MAX_TOKEN_CHARACTERS:
        raise NotAuthenticated(
            f"A token of at most {MAX_TOKEN_CHARACTERS} characters was expected, this one has {len(token)}.",
            Refusal.MALFORMED,
        )
    try:
        header = jwt.get_unverified_header(token)
    except jwt.PyJWTError as error:
        raise _refused(error) from None
    except ValueError:
        # Bytes of a header that are no text: pyjwt does not expect them.
        raise NotAuthenticated("A JWT was expected; this one could not be read.", Refusal.MALFORMED) from None
    algorithm = header.get("alg")
    return Header(algorithm if isinstance(algorithm, str) else "", header.get("kid"))


def claims_of(token: str, key: jwt.PyJWK, expected: Expected) -> dict[str, Any] | None:
    """The claims of a token that a key signed; None where it did not.

    Raises:
        NotAuthenticated: It did, but the token is expired, for others, or not as documented.
    """
    try:
        return jwt.decode(
            token,
            key,
            algorithms=[key.algorithm_name],
            leeway=LEEWAY_S,
            issuer=expected.issuers or None,
            audience=expected.audiences or None,
            options=expected.options(),
        )
    except jwt.InvalidSignatureError:
        return None
    except jwt.ExpiredSignatureError:
        raise NotAuthenticated("The token has expired; ask its issuer for a new one.", Refusal.EXPIRED) from None
    except jwt.PyJWTError as error:
        raise _refused(error) from None


def secret_key(secret: str) -> jwt.PyJWK:
    """The key of a secret; it checks HS256 and nothing else."""
    return jwt.PyJWK({"kty": "oct", "k": urlsafe_b64encode(secret.encode()).decode()}, SHARED)


def secret_fault(secret: str) -> str | None:
    """Why a text cannot be a secret, None where it can: it is a public key or a certificate."""
    try:
        jwt.get_algorithm_by_name(SHARED).prepare_key(secret)
    except jwt.InvalidKeyError:
        return "expected a secret, but it is a key or a certificate: those stand in a set of keys (JWKS)"
    return None


def _refused(error: Exception) -> NotAuthenticated:
    reason = next((reason for kind, reason in _REASONS if isinstance(error, kind)), Refusal.MALFORMED)
    said = str(error).rstrip(".").encode("ascii", "backslashreplace").decode()[:_LONGEST_QUOTED]
    return NotAuthenticated(f"A JWT that has `sub` and `exp` was expected; this one is refused: {said}.", reason)
