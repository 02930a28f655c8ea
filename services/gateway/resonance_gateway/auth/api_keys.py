"""Keys of programs that call REST: kept as digests only, in a file of TOML.

    [[key]]
    name = "grafana"
    sha256 = "…"                    # of the key, 64 hexadecimal digits
    roles = ["viewer"]
    expires = 2027-01-01T00:00:00Z  # may be left out

`channels`, `subscribe` and `publish` may stand there as in a token. A key is 256 random bits, so a plain digest cannot
be turned back, and how long it takes to look one up says nothing of the keys there are.
"""

from __future__ import annotations

import json
import secrets
import time
import tomllib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Annotated, Final

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from resonance_gateway.auth.grants import EVERY, UNRESERVED, Grant, grant
from resonance_gateway.auth.principal import NEVER_US, Principal
from resonance_gateway.auth.refusals import Refusal
from resonance_gateway.auth.roles import Role, granted
from resonance_gateway.errors import NotAuthenticated

# Beginning of every key: what secret scanners look for.
PREFIX: Final = "rk_"
# Of a key: it is part of who its program is.
NAME: Final = "[A-Za-z0-9._-]{1,64}"

_RANDOM_BYTES: Final = 32
_LONGEST: Final = 256
_REFUSED: Final = "The API key is not known or has expired; ask an administrator for a new one."


class Entry(BaseModel):
    """One key in the file."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(pattern=f"^{NAME}$")
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    roles: Annotated[list[Role], Field(min_length=1)]
    expires: AwareDatetime | None = None
    channels: list[str] | None = None
    subscribe: list[str] | None = None
    publish: list[str] | None = None


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    key: list[Entry] = []


class ApiKeys:
    """The keys that are accepted now."""

    def __init__(self, now_s: Callable[[], float] = time.time) -> None:
        self._now_s = now_s
        self._callers: Mapping[bytes, Principal] = {}

    def replace(self, callers: Mapping[bytes, Principal]) -> None:
        """From now on these keys are accepted, by their digests, and no others."""
        self._callers = dict(callers)

    def principal(self, key: str) -> Principal:
        """The program a key belongs to; raises NotAuthenticated."""
        found = None if len(key) > _LONGEST else self._callers.get(_digest(key))
        if found is None or found.expires_us <= self._now_s() * 1_000_000:
            raise NotAuthenticated(_REFUSED, Refusal.API_KEY)
        return found


def callers_of(document: bytes) -> dict[bytes, Principal]:
    """Who the keys of a file belong to, by the keys' digests.

    Raises:
        ValueError: The file is not as documented; the text is a sentence without its full stop.
    """
    try:
        entries = _File.model_validate(tomllib.loads(document.decode())).key
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False, include_context=False)[0]
        raise ValueError(f"{_place(fault['loc'])}: {fault['msg'].rstrip('.')}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(f"TOML was expected: {error}") from None
    if len({entry.name for entry in entries}) < len(entries) or len({e.sha256 for e in entries}) < len(entries):
        raise ValueError("every key must have a name and a digest of its own")
    return {bytes.fromhex(entry.sha256): _principal(entry) for entry in entries}


def new_key(name: str, roles: list[Role], days: int | None = None) -> tuple[str, str]:
    """A new key, and its entry for the file.

    Args:
        name: What it is for.
        roles: What it may do.
        days: How long; None for ever.
    """
    key = PREFIX + secrets.token_urlsafe(_RANDOM_BYTES)
    lines = [
        "[[key]]",
        f'name = "{name}"',
        f'sha256 = "{_digest(key).hex()}"',
        f"roles = {json.dumps(roles)}",
    ]
    if days is not None:
        lines.append(f"expires = {(datetime.now(UTC) + timedelta(days=days)).isoformat(timespec='seconds')}")
    return key, "\n".join(lines)


def _principal(entry: Entry) -> Principal:
    identifier = f"key:{entry.name}"
    return Principal(
        user_id=identifier,
        token_id=identifier,
        roles=granted(entry.roles),
        channels=_grant(entry.name, entry.channels, UNRESERVED),
        subscribe=_grant(entry.name, entry.subscribe, EVERY),
        publish=_grant(entry.name, entry.publish, EVERY),
        expires_us=NEVER_US if entry.expires is None else int(entry.expires.timestamp() * 1_000_000),
    )


def _grant(name: str, patterns: list[str] | None, absent: Grant) -> Grant:
    try:
        return absent if patterns is None else grant(patterns)
    except ValueError as error:
        raise ValueError(f"the key {name!r} has a pattern that is none: {error}") from None


def _digest(key: str) -> bytes:
    return sha256(key.encode("utf-8", "surrogatepass")).digest()


def _place(location: tuple[int | str, ...]) -> str:
    """Where in the file: `key 2, roles`."""
    if len(location) < 2 or not isinstance(location[1], int):
        return ".".join(map(str, location)) or "the file"
    field = ".".join(map(str, location[2:]))
    return f"key {location[1] + 1}" + (f", {field}" if field else "")
