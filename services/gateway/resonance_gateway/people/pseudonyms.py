"""Keyed pseudonyms: what leaves the gateway in place of user ids, addresses and tokens.

HMAC-SHA256 (RFC 2104) with a key that only gateways hold, cut to 130 bits and written in base32 (RFC 4648,
lower case). The same key gives the same pseudonym on every gateway and after every restart; without the key,
nobody can test a guess. The three namespaces cannot collide: each is part of what is hashed.

A pseudonym names its key, `u_<key id>_<26 characters>`, so that keys can be replaced: what the one before made is
still known for what it is, and belongs to nobody any more once that key is gone.
"""

from __future__ import annotations

import re
from base64 import b32encode
from collections import OrderedDict
from hashlib import sha256
from hmac import digest
from typing import Final

from resonance_gateway.people.keys import Key

LENGTH: Final = 26
_USER_KEY: Final = re.compile(r"u_(?:[a-z0-9]{1,16}_)?[a-z2-7]{26}")


class Pseudonyms:
    """Makes pseudonyms with the first of some keys, and knows those of the others.

    Args:
        keys: At least one; text stands for a key without an id.
    """

    def __init__(self, *keys: Key | str) -> None:
        named = [Key("", key) if isinstance(key, str) else key for key in keys]
        self._keys = [(f"{key.id}_" if key.id else "", key.secret.encode()) for key in named]

    def user(self, user_id: str) -> str:
        """`u_…` for a user id."""
        return self._pseudonym("u", user_id)

    def of_person(self, person: str) -> str:
        """`u_…` for somebody who is named by user id, or by pseudonym already."""
        return person if is_user_key(person) else self.user(person)

    def every(self, user_id: str) -> tuple[str, ...]:
        """What a user id becomes under each key, the present one first."""
        return tuple(_made(name, key, "u", user_id) for name, key in self._keys)

    def address(self, address: str) -> str:
        """`a_…` for a network address."""
        return self._pseudonym("a", address)

    def token(self, token_id: str) -> str:
        """`t_…` for the id of a token."""
        return self._pseudonym("t", token_id)

    def _pseudonym(self, namespace: str, value: str) -> str:
        return _made(*self._keys[0], namespace, value)


def _made(name: str, key: bytes, namespace: str, value: str) -> str:
    mac = digest(key, f"{namespace}\0{value}".encode("utf-8", "surrogatepass"), sha256)
    return f"{namespace}_{name}{b32encode(mac)[:LENGTH].decode().lower()}"


def is_user_key(text: str) -> bool:
    """Whether a text has the form of a user's pseudonym."""
    return _USER_KEY.fullmatch(text) is not None


class Directory:
    """Remembers which user id a user key stands for, so that operators read names.

    In memory only, and only of users this gateway has seen; the least recently seen are forgotten first.
    """

    def __init__(self, capacity: int = 100_000) -> None:
        self._capacity = capacity
        self._ids: OrderedDict[str, str] = OrderedDict()

    def learn(self, user_key: str, user_id: str) -> None:
        """Remember a user, forgetting the least recently seen when full."""
        self._ids[user_key] = user_id
        self._ids.move_to_end(user_key)
        if len(self._ids) > self._capacity:
            self._ids.popitem(last=False)

    def user_id(self, user_key: str) -> str | None:
        """The user id, or None where this gateway does not know it."""
        return self._ids.get(user_key)

    def forget(self, user_key: str) -> None:
        """Forget a user."""
        self._ids.pop(user_key, None)


class AddressKeys:
    """Pseudonyms of addresses, cached: a connection names the same few again and again."""

    def __init__(self, pseudonyms: Pseudonyms, capacity: int = 65_536) -> None:
        self._pseudonyms = pseudonyms
        self._capacity = capacity
        self._keys: OrderedDict[str, str] = OrderedDict()

    def key(self, address: str) -> str:
        """`a_…` for an address; "" for no address."""
        if not address:
            return ""
        known = self._keys.get(address)
        if known is not None:
            return known
        made = self._keys[address] = self._pseudonyms.address(address)
        if len(self._keys) > self._capacity:
            self._keys.popitem(last=False)
        return made
