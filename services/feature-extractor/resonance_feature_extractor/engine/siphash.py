"""SipHash-1-3 (Aumasson and Bernstein 2012) with the key 0: 64 bits that a text is known by.

It is the hash that CPython itself uses for texts; a test compares the two.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from resonance_feature_extractor.engine.compiled import compiled, inner

_13, _16, _17, _21, _32 = (np.uint64(bits) for bits in (13, 16, 17, 21, 32))
_51, _48, _47, _43 = (np.uint64(64 - bits) for bits in (13, 16, 17, 21))


@inner
def _round(a: np.uint64, b: np.uint64, c: np.uint64, d: np.uint64) -> tuple[np.uint64, np.uint64, np.uint64, np.uint64]:
    a = a + b
    c = c + d
    b = (b << _13 | b >> _51) ^ a
    d = (d << _16 | d >> _48) ^ c
    a = a << _32 | a >> _32
    c = c + b
    a = a + d
    b = (b << _17 | b >> _47) ^ c
    d = (d << _21 | d >> _43) ^ a
    c = c << _32 | c >> _32
    return a, b, c, d


@compiled
def siphash(data: NDArray[np.uint8], start: int, length: int) -> np.uint64:
    """Hash of `length` bytes from `start`."""
    a, b = np.uint64(0x736F6D6570736575), np.uint64(0x646F72616E646F6D)
    c, d = np.uint64(0x6C7967656E657261), np.uint64(0x7465646279746573)
    end = start + length
    at = start
    while at + 8 <= end:
        word = np.uint64(0)
        for i in range(8):
            word |= np.uint64(data[at + i]) << np.uint64(8 * i)
        d ^= word
        a, b, c, d = _round(a, b, c, d)
        a ^= word
        at += 8
    word = np.uint64(length & 255) << np.uint64(56)
    for i in range(end - at):
        word |= np.uint64(data[at + i]) << np.uint64(8 * i)
    d ^= word
    a, b, c, d = _round(a, b, c, d)
    a ^= word
    c ^= np.uint64(255)
    for _ in range(3):
        a, b, c, d = _round(a, b, c, d)
    return a ^ b ^ c ^ d


@compiled
def name_of(data: NDArray[np.uint8], start: int, length: int) -> int:
    """What a text is known by: its hash, 0 for the empty one only."""
    return (np.int64(siphash(data, start, length)) or 1) if length else 0
