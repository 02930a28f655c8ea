"""Cores: what is measured has one of its own, everything else has the others."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager


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
