"""Which users a challenger serves: each version draws a number of each user, and serves the lowest share of them.

The number is a hash of version and user key alone. So a user stays where they are for the whole of a trial, whichever
process looks; a larger share keeps the users of a smaller one; and another version draws anew, so that trials are not
always at the expense of the same people.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b
from typing import Final

import numpy as np
from numpy.typing import NDArray

Draws = NDArray[np.uint64]

_BYTES: Final = 8


def draws(version: str, user_keys: Iterable[str]) -> Draws:
    """Numbers that a version draws of some users, (n,), uniform over 64 bits (BLAKE2b)."""
    begun = blake2b(version.encode() + b"\0", digest_size=_BYTES)
    numbers = bytearray()
    for user_key in user_keys:
        whole = begun.copy()
        whole.update(user_key.encode())
        numbers += whole.digest()
    return np.frombuffer(bytes(numbers), dtype="<u8").astype(np.uint64)


def served(drawn: Draws, share: float) -> NDArray[np.bool_]:
    """Whether a challenger with this share, above 0 and below 1, serves users of whom it drew these numbers, (n,)."""
    found: NDArray[np.bool_] = drawn < np.uint64(int(share * 2.0 ** (8 * _BYTES)))
    return found
