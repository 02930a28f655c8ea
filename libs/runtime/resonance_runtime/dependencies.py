"""Whether what a service cannot work without answers it, as its own requests find it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum

from resonance_runtime import metrics
from resonance_runtime.errors import RuntimeFault, Unavailable


class Dependency(StrEnum):
    """What a service asks."""

    BROKER = "broker"
    OBJECT_STORE = "object store"


@contextmanager
def asking(dependency: Dependency) -> Iterator[None]:
    """Around one request: notes whether it was answered, which one that was refused is too."""
    up = metrics.DEPENDENCY_UP.labels(dependency=dependency)
    try:
        yield
    except Unavailable:
        up.set(0)
        raise
    except RuntimeFault:
        up.set(1)
        raise
    up.set(1)
