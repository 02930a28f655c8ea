"""How fast this machine is at the moment: neighbours on its cores slow everything down that runs, by the same share."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import median
from typing import Any, Final

EACH_S: Final = 0.2
_TEXT: Final[dict[str, Any]] = {f"name-{i}": [i, i / 7, {"text": "x" * (i % 50)}] for i in range(60)}


@dataclass(slots=True)
class Pace:
    """Processor time of the same piece of work, done again and again.

    Attributes:
        took: Of each time, seconds.
    """

    took: list[float] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        """What is usual of them."""
        return median(self.took)


@contextmanager
def paced() -> Iterator[Pace]:
    """Measures it beside what is done meanwhile; takes a hundredth of a core."""
    pace, done = Pace(), threading.Event()

    def repeat() -> None:
        while not done.wait(EACH_S):
            began = time.thread_time()
            _work()
            pace.took.append(time.thread_time() - began)

    thread = threading.Thread(target=repeat, daemon=True)
    thread.start()
    try:
        yield pace
    finally:
        done.set()
        thread.join()


def _work() -> None:
    """Parsing, hashing and dictionaries, as the services do; about 2 ms."""
    for _ in range(12):
        text = json.dumps(_TEXT)
        hashlib.blake2b(text.encode()).digest()
        counted: dict[str, int] = {}
        for name in json.loads(text):
            counted[name] = counted.get(name, 0) + len(name)
