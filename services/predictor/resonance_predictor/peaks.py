"""How high evidence rises in ordinary traffic: what thresholds follow from.

A peak is the highest sum of one kind of evidence between two times at which it is 0. Beyond some level peaks are
exponential, so what is seen of the many small ones says how many great ones there will be. Only peaks between two
levels, `begin` and `end`, are learned from, and no threshold is below `end`: what amounted to an incident says nothing,
true or false, so attacks do not raise the thresholds that they are found by.

Two numbers are kept of the peaks between the levels, and both fade: how many there were, and the sum of how far they
reached beyond `begin`. What was measured beforehand stands beside them as if it had been seen on `PRIOR_USER_DAYS` (a
conjugate prior: gamma of the rate, and pseudo-observations of the excess; Gelman et al., Bayesian Data Analysis, 3rd
ed., 2.6). One user counts at most once in `APART_US`: nobody's habits become everybody's thresholds.
"""

from __future__ import annotations

from enum import IntEnum
from math import expm1, log
from typing import Final

import msgspec

DAY_US: Final = 24 * 3600 * 1_000_000
HALF_LIFE_US: Final = 30 * DAY_US
"""Event time after which what was learned weighs half."""

PRIOR_USER_DAYS: Final = 1_000.0
APART_US: Final = DAY_US // 4
STEEPEST: Final = 4.0
"""The scale is taken to be at most so many times the one measured beforehand, and at least one such part of it."""

_HALVINGS: Final = 50


class Grounds(IntEnum):
    """Kinds of evidence; the numbers are columns in saved state."""

    DEVIATION = 0
    CLIMB = 1
    SURPRISE = 2


class Ordinary(msgspec.Struct, frozen=True):
    """What was measured of one kind of evidence in ordinary traffic.

    Attributes:
        begin, end: Levels between which peaks are learned from.
        rate: Peaks above `begin`, of 1,000 users a day.
        scale: Mean excess of peaks over `begin` (and, as they are exponential, over any level above it).
    """

    begin: float
    end: float
    rate: float
    scale: float

    @property
    def width(self) -> float:
        """From `begin` to `end`."""
        return self.end - self.begin

    def tail(self, seen: Peaks, user_days: float) -> Tail:
        """The tail, with what was seen since.

        Args:
            seen: Peaks between the levels.
            user_days: Users times days in which they were seen.
        """
        inside = -expm1(-self.width / self.scale)
        count = self.rate / 1000.0 * PRIOR_USER_DAYS * inside
        excess = count * mean_excess(self.scale, self.width)
        least, most = self.scale / STEEPEST, self.scale * STEEPEST
        scale = scale_of((excess + seen.excess) / (count + seen.count), self.width, least, most)
        rate = 1000.0 * (count + seen.count) / (PRIOR_USER_DAYS + user_days)
        return Tail(self.begin, rate / -expm1(-self.width / scale), scale)


class Tail(msgspec.Struct, frozen=True):
    """How many peaks reach how high: rate · exp(-(level - begin) / scale), of 1,000 users a day.

    Attributes:
        begin, rate, scale: As in `Ordinary`.
    """

    begin: float
    rate: float
    scale: float

    def level(self, rate: float) -> float:
        """The level that so many peaks reach, of 1,000 users a day."""
        return self.begin + self.scale * log(self.rate / rate)


class Peaks(msgspec.Struct, frozen=True):
    """Peaks between the two levels of one kind of evidence.

    Attributes:
        count: How many; fractions, for they fade.
        excess: Sum of what each is above the lower level.
    """

    count: float = 0.0
    excess: float = 0.0

    def and_one(self, excess: float) -> Peaks:
        """With one more."""
        return Peaks(self.count + 1.0, self.excess + excess)

    def faded(self, share: float, more: Peaks) -> Peaks:
        """A share of these, and all of some more."""
        return Peaks(share * self.count + more.count, share * self.excess + more.excess)


class Learned(msgspec.Struct, frozen=True):
    """What was seen of evidence in one stream.

    Attributes:
        user_days: Users times days.
        peaks: Of each of `Grounds`, in their order.
    """

    user_days: float = 0.0
    peaks: tuple[Peaks, Peaks, Peaks] = (Peaks(), Peaks(), Peaks())

    def and_one(self, grounds: Grounds, excess: float) -> Learned:
        """With one more peak."""
        peaks = [one.and_one(excess) if kind == grounds else one for kind, one in zip(Grounds, self.peaks, strict=True)]
        return Learned(self.user_days, (peaks[0], peaks[1], peaks[2]))

    def after(self, elapsed_us: int, users: int, more: Learned) -> Learned:
        """What is known after some more event time, at most a day of it.

        Args:
            elapsed_us: Event time that passed.
            users: Users of the last day.
            more: Peaks in that time.
        """
        passed_us = min(elapsed_us, DAY_US)
        share = 0.5 ** (passed_us / HALF_LIFE_US)
        first, second, third = (one.faded(share, new) for one, new in zip(self.peaks, more.peaks, strict=True))
        return Learned(share * self.user_days + users * passed_us / DAY_US, (first, second, third))


NOTHING: Final = Learned()


def scale_of(excess: float, width: float, least: float, most: float) -> float:
    """The scale of what is exponential, from the mean excess of what is below a width: the maximum likelihood estimate.

    Args:
        excess: Mean excess, 0 to half of the width; what is outside gives a bound.
        width: What is above it was not seen.
        least, most: Bounds of the scale.
    """
    for _ in range(_HALVINGS):
        middle = (least + most) / 2.0
        least, most = (middle, most) if mean_excess(middle, width) < excess else (least, middle)
    return (least + most) / 2.0


def mean_excess(scale: float, width: float) -> float:
    """Mean of what is exponential with a scale, of what is below a width: scale - width / (exp(width / scale) - 1)."""
    return scale - width / expm1(width / scale)
