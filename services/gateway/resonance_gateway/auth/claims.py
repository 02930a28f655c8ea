"""From the claims of a token that was verified to whom it speaks for."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b
from typing import Any, Final

from resonance_gateway.auth.grants import EVERY, UNRESERVED, Grant, grant
from resonance_gateway.auth.principal import NEVER_US, Principal
from resonance_gateway.auth.refusals import Refusal
from resonance_gateway.auth.roles import granted
from resonance_gateway.errors import NotAuthenticated

MAX_USER_ID_BYTES: Final = 256
# Clocks of the issuer and of this machine may differ by this much.
LEEWAY_S: Final = 5


def principal_of(claims: Mapping[str, Any], token: str) -> Principal:
    """Whom claims speak for.

    Args:
        claims: Of a token whose signature and times were checked.
        token: The token, for its digest.

    Raises:
        NotAuthenticated: A claim is not as documented.
    """
    return Principal(
        user_id=_user_id(claims["sub"]),
        token_id=_token_id(claims.get("jti"), token),
        roles=granted(_names(claims, "roles") or ()),
        channels=_grant(claims, "channels", UNRESERVED),
        subscribe=_grant(claims, "subscribe", EVERY),
        publish=_grant(claims, "publish", EVERY),
        expires_us=_expires_us(claims["exp"]),
    )


def _user_id(subject: object) -> str:
    if not isinstance(subject, str) or not subject:
        raise _wrong("The claim `sub` must be a user id of at least one character.")
    try:
        size = len(subject.encode())
    except UnicodeEncodeError:
        raise _wrong("The claim `sub` must be text that UTF-8 can hold.") from None
    if size > MAX_USER_ID_BYTES:
        raise _wrong(
            f"A user id of at most {MAX_USER_ID_BYTES} bytes was expected in the claim `sub`, this one has {size}."
        )
    return subject


def _token_id(identifier: object, token: str) -> str:
    if identifier is None:
        return blake2b(token.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
    if not isinstance(identifier, str) or not identifier or not _fits(identifier):
        raise _wrong(f"The claim `jti` must be text of 1 to {MAX_USER_ID_BYTES} bytes.")
    return identifier


def _fits(text: str) -> bool:
    try:
        return len(text.encode()) <= MAX_USER_ID_BYTES
    except UnicodeEncodeError:
        return False


def _expires_us(expires: Any) -> int:
    return min((int(expires) + LEEWAY_S) * 1_000_000, NEVER_US)


def _names(claims: Mapping[str, Any], claim: str) -> list[str] | None:
    names = claims.get(claim)
    if names is None:
        return None
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise _wrong(f"The claim `{claim}` must be a list of text.")
    return names


def _grant(claims: Mapping[str, Any], claim: str, absent: Grant) -> Grant:
    patterns = _names(claims, claim)
    if patterns is None:
        return absent
    try:
        return grant(patterns)
    except ValueError as error:
        raise _wrong(f"The claim `{claim}` must be a list of patterns: {error}.") from None


def _wrong(sentence: str) -> NotAuthenticated:
    return NotAuthenticated(sentence, Refusal.CLAIMS)
