"""Whether what a service cannot work without answers it, as its own requests find it.

A producer that must not send twice waits for its broker without end, so a request that is not answered for a while
counts like one that failed.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from typing import Final

from resonance_runtime import metrics
from resonance_runtime.errors import RuntimeFault, Unavailable

PATIENCE_S: Final = 5.0
"""A request that takes longer is not answered, seconds."""
KNOWN_S: Final = 60.0
"""So long an answer says something of now, seconds: a service that asks seldom does not speak for the others."""


class Dependency(StrEnum):
    """What a service asks."""

    BROKER = "broker"
    OBJECT_STORE = "object store"


class Dependencies:
    """What became of the requests of a process."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._began: dict[Dependency, dict[object, float]] = {dependency: {} for dependency in Dependency}
        self._answers: dict[Dependency, tuple[bool, float]] = {}

    @contextmanager
    def asking(self, dependency: Dependency) -> Iterator[None]:
        """Around one request: notes whether it was answered, which one that was refused is too."""
        request = object()
        self._began[dependency][request] = self._clock()
        try:
            yield
        except Unavailable:
            self._answers[dependency] = (False, self._clock())
            raise
        except RuntimeFault:
            self._answers[dependency] = (True, self._clock())
            raise
        else:
            self._answers[dependency] = (True, self._clock())
        finally:
            del self._began[dependency][request]

    def observe(self) -> None:
        """Sets the metric, for a reading that is about to be answered; nothing of what was not asked lately."""
        now = self._clock()
        for dependency in Dependency:
            answered, when = self._answers.get(dependency, (False, -math.inf))
            waits = self._waited(dependency) > PATIENCE_S
            if waits or now - when <= KNOWN_S:
                metrics.DEPENDENCY_UP.labels(dependency=dependency).set(answered and not waits)
            elif when > -math.inf:
                del self._answers[dependency]
                metrics.DEPENDENCY_UP.remove(dependency)

    def silent(self) -> Mapping[str, str]:
        """Sentences about those that do not answer, by name."""
        silent = [dependency for dependency in Dependency if self._waited(dependency) > PATIENCE_S]
        return {str(dependency): f"The {dependency} does not answer." for dependency in silent}

    def _waited(self, dependency: Dependency) -> float:
        """How long the request waits that waits longest, seconds."""
        began = self._began[dependency].values()
        return self._clock() - min(began) if began else 0.0


DEPENDENCIES: Final = Dependencies()
"""Those of this process."""

asking = DEPENDENCIES.asking
