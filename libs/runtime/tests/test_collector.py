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
