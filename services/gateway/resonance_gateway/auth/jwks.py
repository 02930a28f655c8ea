"""Public keys of issuers: JSON Web Key Sets (RFC 7517), and which key a token is checked with.

The kind of a key decides the algorithm, never the token: an RSA key checks RS256 unless the set says otherwise, a
P-256 key ES256, an Ed25519 key EdDSA. Symmetric and private keys are passed over wherever they stand, so nothing that
is public can become a secret of HMAC (RFC 8725, section 3.1).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from jwt import PyJWK

MAX_SET_BYTES: Final = 262_144
MAX_KEYS: Final = 64
# A token is checked with so many keys: each check takes tens of microseconds, and anybody can ask for one.
MAX_TRIED: Final = 4
RSA_BITS: Final = range(2048, 8193)

# The first is meant where a key does not say.
_ALGORITHMS: Final[Mapping[tuple[object, object], tuple[str, ...]]] = {
    ("RSA", None): ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    ("EC", "P-256"): ("ES256",),
    ("EC", "P-384"): ("ES384",),
    ("OKP", "Ed25519"): ("EdDSA",),
}
ASYMMETRIC: Final = frozenset(name for names in _ALGORITHMS.values() for name in names)


class IssuedKeys:
    """Public keys that are known now, from all places they are read from."""

    def __init__(self) -> None:
        self._places: dict[str, tuple[PyJWK, ...]] = {}
        self._by_id: dict[tuple[str, str | None], list[PyJWK]] = {}
        self._by_algorithm: dict[str, list[PyJWK]] = {}

    def replace(self, place: str, keys: Sequence[PyJWK]) -> None:
        """From now on these are the keys of a place; those it had before are no longer accepted."""
        self._places[place] = tuple(keys)
        by_id: defaultdict[tuple[str, str | None], list[PyJWK]] = defaultdict(list)
        by_algorithm: defaultdict[str, list[PyJWK]] = defaultdict(list)
        for key in (key for known in self._places.values() for key in known):
            by_id[key.algorithm_name, key.key_id].append(key)
            by_algorithm[key.algorithm_name].append(key)
        self._by_id, self._by_algorithm = dict(by_id), dict(by_algorithm)

    def candidates(self, algorithm: str, key_id: str | None) -> Sequence[PyJWK]:
        """Keys that may have signed a token, at most `MAX_TRIED`; empty where none is known.

        A token that names its key is checked with the keys of that id and those without one, another with all keys of
        its algorithm.
        """
        if key_id is None:
            found = self._by_algorithm.get(algorithm, [])
        else:
            found = [*self._by_id.get((algorithm, key_id), ()), *self._by_id.get((algorithm, None), ())]
        return found[:MAX_TRIED]


def keys_of(document: bytes) -> tuple[PyJWK, ...]:
    """The keys of a set that signatures can be checked with; others are passed over.

    Raises:
        ValueError: It is no set of keys, too large, or has no such key; the text is a sentence without its full stop.
    """
    if len(document) > MAX_SET_BYTES:
        raise ValueError(f"a set of keys of at most {MAX_SET_BYTES} bytes was expected, this one is larger")
    try:
        content = msgspec.json.decode(document, type=_Set)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise ValueError('a JSON object `{"keys": [...]}` (RFC 7517) was expected') from None
    if len(content.keys) > MAX_KEYS:
        raise ValueError(f"at most {MAX_KEYS} keys were expected, these are {len(content.keys)}")
    usable = tuple(key for key in map(_public_key, content.keys) if key is not None)
    if not usable:
        raise ValueError("a public RSA key of at least 2048 bits, P-256, P-384 or Ed25519 was expected; there is none")
    return usable


class _Set(msgspec.Struct, frozen=True):
    keys: list[Any]


def _public_key(content: object) -> PyJWK | None:
    """The key a member of a set holds; None where it cannot check signatures."""
    if not isinstance(content, dict) or "d" in content or not _for_signatures(content):
        return None
    key_id, kind, curve = content.get("kid"), content.get("kty"), content.get("crv")
    if not all(value is None or isinstance(value, str) for value in (key_id, kind, curve)):
        return None
    allowed = _ALGORITHMS.get((kind, curve), ())
    algorithm = content.get("alg", allowed[0] if allowed else None)
    if algorithm not in allowed:
        return None
    try:
        key = PyJWK(content, algorithm)
    except Exception:
        # Whatever the libraries raise on it: the content is somebody else's.
        return None
    if kind == "RSA" and key.key.key_size not in RSA_BITS:
        return None
    return key


def _for_signatures(content: dict[str, Any]) -> bool:
    operations = content.get("key_ops", ["verify"])
    return content.get("use", "sig") == "sig" and isinstance(operations, list) and "verify" in operations
