"""Says what is being done, and for how long already."""

from __future__ import annotations

import sys
import time

from tests.bench.benchmark import Tell


def teller() -> Tell:
    """A teller that counts seconds from now and writes to the error stream."""
    began = time.monotonic()

    def tell(sentence: str) -> None:
        print(f"{time.monotonic() - began:5.0f} s  {sentence}", file=sys.stderr, flush=True)

    return tell
