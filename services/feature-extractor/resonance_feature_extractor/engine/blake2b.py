"""BLAKE2b (RFC 7693), which the shards of users are made from; `hashlib` gives the same."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from resonance_feature_extractor.engine.compiled import compiled, inner

BLOCK: Final = 128

_IV: Final = np.array(
    [
        0x6A09E667F3BCC908, 0xBB67AE8584CAA73B, 0x3C6EF372FE94F82B, 0xA54FF53A5F1D36F1,
        0x510E527FADE682D1, 0x9B05688C2B3E6C1F, 0x1F83D9ABFB41BD6B, 0x5BE0CD19137E2179,
    ],
    dtype=np.uint64,
)  # fmt: skip
_SIGMA: Final = np.array(
    [
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
        [14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3],
        [11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4],
        [7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8],
        [9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13],
        [2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9],
        [12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11],
        [13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10],
        [6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5],
        [10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0],
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
        [14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3],
    ],
    dtype=np.int64,
)  # fmt: skip


_16, _24, _32, _63 = (np.uint64(bits) for bits in (16, 24, 32, 63))
_48, _40, _1 = (np.uint64(64 - bits) for bits in (16, 24, 63))


@inner
def _mix(
    a: np.uint64, b: np.uint64, c: np.uint64, d: np.uint64, x: np.uint64, y: np.uint64
) -> tuple[np.uint64, np.uint64, np.uint64, np.uint64]:
    a = a + b + x
    d = d ^ a
    d = d >> _32 | d << _32
    c = c + d
    b = b ^ c
    b = b >> _24 | b << _40
    a = a + b + y
    d = d ^ a
    d = d >> _16 | d << _48
    c = c + d
    b = b ^ c
    b = b >> _63 | b << _1
    return a, b, c, d


@inner
def _compress(h: NDArray[np.uint64], m: NDArray[np.uint64], done: int, last: bool) -> None:
    v0, v1, v2, v3, v4, v5, v6, v7 = h[0], h[1], h[2], h[3], h[4], h[5], h[6], h[7]
    v8, v9, v10, v11 = _IV[0], _IV[1], _IV[2], _IV[3]
    v12, v13, v14, v15 = _IV[4] ^ np.uint64(done), _IV[5], _IV[6], _IV[7]
    if last:
        v14 = ~v14
    for r in range(12):
        s = _SIGMA[r]
        v0, v4, v8, v12 = _mix(v0, v4, v8, v12, m[s[0]], m[s[1]])
        v1, v5, v9, v13 = _mix(v1, v5, v9, v13, m[s[2]], m[s[3]])
        v2, v6, v10, v14 = _mix(v2, v6, v10, v14, m[s[4]], m[s[5]])
        v3, v7, v11, v15 = _mix(v3, v7, v11, v15, m[s[6]], m[s[7]])
        v0, v5, v10, v15 = _mix(v0, v5, v10, v15, m[s[8]], m[s[9]])
        v1, v6, v11, v12 = _mix(v1, v6, v11, v12, m[s[10]], m[s[11]])
        v2, v7, v8, v13 = _mix(v2, v7, v8, v13, m[s[12]], m[s[13]])
        v3, v4, v9, v14 = _mix(v3, v4, v9, v14, m[s[14]], m[s[15]])
    h[0] ^= v0 ^ v8
    h[1] ^= v1 ^ v9
    h[2] ^= v2 ^ v10
    h[3] ^= v3 ^ v11
    h[4] ^= v4 ^ v12
    h[5] ^= v5 ^ v13
    h[6] ^= v6 ^ v14
    h[7] ^= v7 ^ v15


@compiled
def blake2b(data: NDArray[np.uint8], start: int, length: int, digest_size: int, work: NDArray[np.uint64]) -> None:
    """Hash of `length` bytes from `start`, little-endian in `work[:8]`; the first `digest_size` bytes count.

    Args:
        work: Shape (24,), overwritten.
    """
    h, m = work[:8], work[8:24]
    for i in range(8):
        h[i] = _IV[i]
    h[0] ^= np.uint64(0x01010000 ^ digest_size)
    done = 0
    while True:
        taken = min(BLOCK, length - done)
        for i in range(16):
            at = start + done + 8 * i
            word = np.uint64(0)
            if 8 * i + 8 <= taken:
                for j in range(8):
                    word |= np.uint64(data[at + j]) << np.uint64(8 * j)
            else:
                for j in range(taken - 8 * i):
                    word |= np.uint64(data[at + j]) << np.uint64(8 * j)
            m[i] = word
        done += taken
        _compress(h, m, done, done == length)
        if done == length:
            return
