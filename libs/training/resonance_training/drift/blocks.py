"""Blocks of time, each summed up over everybody who was there: what drift is judged by.

Vectors of one user resemble each other: their windows overlap. So a user counts once in each of the SLOTS slots of a
block, however many vectors they send in it, by one that is drawn from these (Vitter 1985, algorithm R); what one of
them does moves a block little. What differs from block to block is measured between blocks, never within one, so it
need not be known how alike users are.

Sums are of whole numbers (units of 2^-14), so they are the same in any order of adding, to the bit.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final
from zlib import compress, decompress
from zlib import error as NotCompressed

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

SLOTS: Final = 12
"""Slots of a block: five minutes of an hour."""
LEAST_USERS: Final = 5
"""A block with fewer users is as if nobody had been there."""
STARTING: Final = 2
"""Blocks that a stream begins with are left out: the first is not whole, and windows fill in the second."""
UNIT: Final = 2.0**-14
LARGEST: Final = 64.0
"""Values are cut to ± this, so that sums of products of eight million vectors fit into 64 bits."""

_BITS: Final = 2**64 - 1


class InvalidBlocks(ValueError):
    """What should be packed blocks is not; `str()` is a sentence."""


@dataclass(frozen=True, slots=True)
class Block:
    """What was in one block.

    Attributes:
        number: Blocks since the epoch.
        users: Distinct users, at least LEAST_USERS.
        vectors: Vectors that counted.
        sums: Sum of each value, (width,), in units of UNIT.
        products: Sum of each product of two values, upper triangle by rows, (width · (width + 1) / 2,), in units of
            UNIT squared.
    """

    number: int
    users: int
    vectors: int
    sums: Integers
    products: Integers

    @property
    def mean(self) -> Floats:
        """Mean of each value, (width,)."""
        found: Floats = self.sums.astype(np.float64) * (UNIT / self.vectors)
        return found

    @property
    def covariance(self) -> Floats:
        """Covariance of the values, (width, width)."""
        width, mean = len(self.sums), self.mean
        moments: Floats = np.empty((width, width))
        rows, columns = np.triu_indices(width)
        moments[rows, columns] = moments[columns, rows] = self.products * (UNIT**2 / self.vectors)
        found: Floats = moments - mean[:, np.newaxis] * mean
        return found


@dataclass(slots=True)
class _Open:
    users: int
    vectors: int
    newest_us: int
    sums: Integers
    products: Integers


@dataclass(slots=True)
class _User:
    """A user's slot, how many vectors they sent in it, the one drawn of these, and the block they counted in last."""

    newest_us: int
    slot: int
    sent: int
    drawn: Floats
    counted: int = -1


class BlockLog:
    """Sums of one stream by block; vectors of a user must come in order of time. Repeats change nothing.

    Args:
        width: Values per vector.
        block_us: Length of a block, microseconds of event time; a multiple of SLOTS.
        keep: Blocks that are kept.
        scale: From vectors (n, width) to the scales on which they are compared, of the same shape.
    """

    def __init__(self, width: int, block_us: int, keep: int, scale: Callable[[Floats], Floats]) -> None:
        self.width = width
        self.block_us = block_us
        self._keep = keep
        self._scale = scale
        self._slot_us = block_us // SLOTS
        self._triangle = np.triu_indices(width)
        self._open: dict[int, _Open] = {}
        self._users: dict[str, _User] = {}
        self._first: int | None = None
        self._end = 0

    def add(self, users: Sequence[str], ends_us: Sequence[int], values: Floats) -> None:
        """Counts vectors.

        Args:
            users, ends_us: User and end of each, microseconds since the epoch.
            values: (n, width), in their own units.
        """
        known, slot_us = self._users, self._slot_us
        done: list[_User] = []
        for i, (name, end_us) in enumerate(zip(users, ends_us, strict=True)):
            user, slot = known.get(name), end_us // slot_us
            if user is None:
                known[name] = _User(end_us, slot, 1, values[i].copy())
            elif end_us <= user.newest_us:
                continue
            elif slot == user.slot:
                user.newest_us = end_us
                user.sent += 1
                if _draw(end_us) * user.sent < 1.0:
                    user.drawn = values[i].copy()
            else:
                done.append(user)
                known[name] = _User(end_us, slot, 1, values[i].copy(), user.slot // SLOTS)
        self._count(done)

    def erase(self, user: str) -> None:
        """Forgets a user. What was counted of them stays in the sums, which name nobody."""
        self._users.pop(user, None)

    def over(self, after: int = -1) -> list[Block]:
        """The blocks after number `after` that are over, in order: of a later one, with LEAST_USERS, a slot has passed.

        Those of too few users, and the first ones of the stream, are not among them.
        """
        self._close()
        if self._first is None:
            return []
        return [
            Block(number, one.users, one.vectors, one.sums.copy(), one.products.copy())
            for number, one in sorted(self._open.items())
            if max(after + 1, self._first + STARTING) <= number < self._end and one.users >= LEAST_USERS
        ]

    def _close(self) -> None:
        """Counts who was there in blocks that are over since the last time, and forgets who is not there any more."""
        peopled = [number for number, one in self._open.items() if one.users >= LEAST_USERS]
        end = max((n for n in peopled if self._open[n].newest_us >= n * self.block_us + self._slot_us), default=0)
        if end <= self._end:
            return
        gone = {name: user for name, user in self._users.items() if user.slot // SLOTS < end}
        self._count(list(gone.values()))
        self._end = end
        for name in gone:
            del self._users[name]
        for number in sorted(self._open)[: -self._keep - STARTING]:
            del self._open[number]

    def _count(self, users: Sequence[_User]) -> None:
        """Counts what was drawn of users whose slot has passed; what comes after its block was over is too late."""
        blocks: dict[int, list[_User]] = {}
        for user in users:
            if (number := user.slot // SLOTS) >= self._end:
                blocks.setdefault(number, []).append(user)
        for number, some in blocks.items():
            if number not in self._open:
                size = len(self._triangle[0])
                self._open[number] = _Open(0, 0, 0, np.zeros(self.width, np.int64), np.zeros(size, np.int64))
            one = self._open[number]
            one.users += sum(user.counted != number for user in some)
            one.vectors += len(some)
            one.newest_us = max(one.newest_us, *(user.newest_us for user in some))
            scaled = self._scale(np.array([user.drawn for user in some]))
            whole = np.rint(np.clip(scaled, -LARGEST, LARGEST) / UNIT)
            # Whole numbers below 2^53 add up exactly in 64-bit floats as well, and there is BLAS for these.
            for part in np.split(whole, range(4096, len(whole), 4096)):
                one.sums += part.sum(axis=0).astype(np.int64)
                one.products += (part.T @ part)[self._triangle].astype(np.int64)
        if blocks:
            self._first = min([*blocks] if self._first is None else [self._first, *blocks])


def _draw(end_us: int) -> float:
    """A number in [0, 1) for a time: the same for the same one, another for the next (SplitMix, Steele et al. 2014)."""
    mixed = (end_us ^ end_us >> 30) * 0xBF58476D1CE4E5B9 & _BITS
    mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EB & _BITS
    return (mixed ^ mixed >> 31) / 2**64


def pack(blocks: Iterable[Block]) -> str:
    """Blocks as text: base64 of compressed little-endian 64-bit integers; `unpack` gives back the same to the bit."""
    rows = [[block.number, block.users, block.vectors, *block.sums, *block.products] for block in blocks]
    return b64encode(compress(np.array(rows, dtype="<i8").tobytes(), 9)).decode()


def unpack(text: str, width: int) -> list[Block]:
    """Blocks of `pack`.

    Raises:
        InvalidBlocks: They are not blocks of so many values.
    """
    length = 3 + width + width * (width + 1) // 2
    try:
        found = np.frombuffer(decompress(b64decode(text, validate=True)), dtype="<i8")
        rows = found.astype(np.int64).reshape(-1, length)
    except (NotBase64, NotCompressed, ValueError) as error:
        raise InvalidBlocks(f"Expected packed blocks of {width} values, but they cannot be read: {error}.") from error
    if len(rows) and (rows[:, 1:3].min() < 1 or (np.diff(rows[:, 0]) <= 0).any()):
        raise InvalidBlocks("Expected packed blocks in order, with users and vectors in each, but they are not.")
    return [Block(int(r[0]), int(r[1]), int(r[2]), r[3 : 3 + width], r[3 + width :]) for r in rows]
