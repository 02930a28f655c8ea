"""Cores: what is measured has one of its own, everything else has the others."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

# The least of the real-time priorities: above every ordinary program.
FIRST: Final = 1


def measured() -> set[int]:
    """The core of what is measured."""
    return set(sorted(os.sched_getaffinity(0))[:1])


def others() -> set[int]:
    """The cores of everything else; the same one on a machine with a single core."""
    return os.sched_getaffinity(0) - measured() or measured()


def all_of_them() -> set[int]:
    """Every core there is for us."""
    return os.sched_getaffinity(0)


@contextmanager
def on(cores: set[int]) -> Iterator[None]:
    """This thread, and what it starts meanwhile, on these cores only."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@contextmanager
def first() -> Iterator[bool]:
    """This thread, and what it starts meanwhile, before all ordinary programs on its cores, where that is allowed.

    Else they lose up to a tick of the kernel, 4 ms at 250 Hz, whenever something else is running as they wake.

    Yields:
        Whether it is allowed.
    """
    policy, parameter = os.sched_getscheduler(0), os.sched_getparam(0)
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(FIRST))
    except PermissionError:
        yield False
        return
    try:
        yield True
    finally:
        os.sched_setscheduler(0, policy, parameter)
