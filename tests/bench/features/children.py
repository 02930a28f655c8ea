"""Starts the programs that measure in a process of their own, and reads what they print."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable
from typing import Any, Final

from tests.bench import cores
from tests.bench.benchmark import Unmeasured
from tests.bench.features.frames import framed
from tests.bench.features.traffic import Batch

RUN_S: Final = 900


def engine(users: int, size: int, messages: int, rounds: int) -> dict[str, Any]:
    """What `engine.py` measured."""
    return _answer("engine", [str(users), str(size), str(messages), str(rounds)], [])


def memory(records: Iterable[Batch]) -> dict[str, Any]:
    """What `memory.py` measured on these batches, which are made while it takes them."""
    return _answer("memory", [], (framed(record.value) for record in records))


def _answer(name: str, arguments: list[str], said: Iterable[bytes]) -> dict[str, Any]:
    command = [sys.executable, "-m", f"tests.bench.features.{name}", *arguments]
    with cores.on(cores.measured()):
        child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        with cores.on(cores.others()):
            assert child.stdin is not None, "it is a pipe"
            for part in said:
                child.stdin.write(part)
            out, _ = child.communicate(timeout=RUN_S)
    except (BrokenPipeError, subprocess.TimeoutExpired) as error:
        raise Unmeasured(f"{name} did not come to an end: {error}.") from error
    finally:
        if child.poll() is None:
            child.kill()
            child.wait()
    if child.returncode != 0:
        raise Unmeasured(f"{name} ended with status {child.returncode}.")
    answer: dict[str, Any] = json.loads(out)
    return answer
