"""What is set is the collector of the whole process, so another process is asked."""

from __future__ import annotations

import subprocess
import sys

SEEN = """
import gc
from resonance_runtime.collector import collect_seldom
collect_seldom()
print(gc.get_threshold(), gc.get_freeze_count() > 1000)
"""


def test_the_collector_looks_seldom_and_never_at_what_was_imported() -> None:
    seen = subprocess.run([sys.executable, "-c", SEEN], capture_output=True, text=True, check=True).stdout
    assert seen == "(50000, 20, 20) True\n"


OLD = """
import asyncio, gc, sys
from resonance_runtime.collector import Cycles, collect_seldom

class Closed:
    def __init__(self):
        self.parts = [self, *({} for _ in range(100))]

async def lives():
    collect_seldom()
    cycles = Cycles()
    await cycles.start()
    alive = [Closed() for _ in range(2_000)]
    gc.collect()
    cycles.look()
    looked_at_the_living = cycles.look()
    before = sys.getallocatedblocks()
    alive.clear()
    alive = [Closed() for _ in range(2_000)]
    gc.collect(1)
    kept_by_the_young = sys.getallocatedblocks() - before > 100_000
    looked = cycles.look()
    freed = sys.getallocatedblocks() - before < 20_000
    await cycles.stop()
    print(looked_at_the_living, kept_by_the_young, looked, freed)

asyncio.run(lives())
"""


def test_what_ended_when_it_was_old_is_freed_once_memory_has_grown_and_not_before() -> None:
    seen = subprocess.run([sys.executable, "-c", OLD], capture_output=True, text=True, check=True).stdout
    assert seen == "False True True True\n"
