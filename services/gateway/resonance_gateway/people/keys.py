"""Keys of pseudonyms: one makes new ones, those before it are known as long as what they made is kept."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

MIN_SECRET: Final = 32
_ID: Final = re.compile(r"[a-z0-9]{1,16}")


@dataclass(frozen=True, slots=True)
class Key:
    """One key.

    Attributes:
        id: Stands in the pseudonyms it makes; 1 to 16 lower-case letters and digits, or "" for the one key of a
            gateway that never had another, whose pseudonyms name none.
        secret: At least 32 random characters.
    """

    id: str
    secret: str


def keys_of(text: str) -> tuple[Key, ...]:
    """Keys from `id:secret`, separated by commas or lines, the one that makes new pseudonyms first.

    Raises:
        ValueError: Says what is wrong; secrets are not repeated.
    """
    keys = tuple(_key(part.strip()) for part in re.split(r"[,\n]", text) if part.strip())
    if not keys:
        raise ValueError("expected id:secret, or several separated by commas, but it is empty")
    if len({key.id for key in keys}) < len(keys):
        raise ValueError("expected keys with different ids, but two have the same")
    if len({key.secret for key in keys}) < len(keys):
        raise ValueError("expected keys with different secrets, but two have the same")
    return keys


def _key(part: str) -> Key:
    id_, colon, secret = part.partition(":")
    if not colon or _ID.fullmatch(id_) is None:
        raise ValueError("expected id:secret, with an id of 1 to 16 lower-case letters and digits")
    if len(secret) < MIN_SECRET:
        raise ValueError(f"expected at least {MIN_SECRET} random characters, but the secret of {id_} has {len(secret)}")
    return Key(id_, secret)
