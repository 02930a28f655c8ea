"""BLAKE2b (RFC 7693) for ids of vectors and shards of users; `hashlib` gives the same."""

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
def _mix(v: NDArray[np.uint64], a: int, b: int, c: int, d: int, x: np.uint64, y: np.uint64) -> None:
    v[a] = v[a] + v[b] + x
    w = v[d] ^ v[a]
    v[d] = w >> _32 | w << _32
    v[c] = v[c] + v[d]
    w = v[b] ^ v[c]
    v[b] = w >> _24 | w << _40
    v[a] = v[a] + v[b] + y
    w = v[d] ^ v[a]
    v[d] = w >> _16 | w << _48
    v[c] = v[c] + v[d]
    w = v[b] ^ v[c]
    v[b] = w >> _63 | w << _1


@compiled
def blake2b(data: NDArray[np.uint8], start: int, length: int, digest_size: int, work: NDArray[np.uint64]) -> None:
    """Hash of `length` bytes from `start`, little-endian in `work[:8]`; the first `digest_size` bytes count.

    Args:
        work: Shape (40,), overwritten.
    """
    h, v, m = work[:8], work[8:24], work[24:40]
    for i in range(8):
        h[i] = _IV[i]
    h[0] ^= np.uint64(0x01010000 ^ digest_size)
    done = 0
    while True:
        taken = min(BLOCK, length - done)
        for i in range(16):
            m[i] = np.uint64(0)
        for i in range(taken):
            m[i >> 3] |= np.uint64(data[start + done + i]) << np.uint64(8 * (i & 7))
        done += taken
        for i in range(8):
            v[i] = h[i]
            v[i + 8] = _IV[i]
        v[12] ^= np.uint64(done)
        if done == length:
            v[14] = ~v[14]
        for r in range(12):
            for g in range(8):
                # Four columns, then four diagonals.
                turn = g >> 2
                column = g & 3
                _mix(
                    v,
                    column,
                    4 + (column + turn & 3),
                    8 + (column + 2 * turn & 3),
                    12 + (column + 3 * turn & 3),
                    m[_SIGMA[r, 2 * g]],
                    m[_SIGMA[r, 2 * g + 1]],
                )
        for i in range(8):
            h[i] ^= v[i] ^ v[i + 8]
        if done == length:
            return
