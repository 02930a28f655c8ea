"""Runs `resonance demo --once` against a running system."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

from resonance_contracts.topics import Service
from resonance_local.stack import Stack

DEMO_S = 300


@dataclass(frozen=True, slots=True)
class Demonstrated:
    """A running system through which the demonstration went."""

    stack: Stack
    status: int
    summary: dict[str, Any]
    output: str


def demonstrate(stack: Stack, *arguments: str) -> subprocess.Popen[str]:
    """Starts `resonance demo --once` against a running system."""
    command = [sys.executable, "-m", "resonance_client", "demo", "--once", "--gateway", stack.url(Service.GATEWAY)]
    environment = {**stack.environment, "PYTHONUNBUFFERED": "1", "LANG": "C.UTF-8"}
    return subprocess.Popen(
        [*command, *arguments], env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def finish(demo: subprocess.Popen[str]) -> tuple[int, dict[str, Any], str]:
    """Exit status, summary and everything it printed."""
    try:
        out, err = demo.communicate(timeout=DEMO_S)
    except subprocess.TimeoutExpired:
        demo.kill()
        out, err = demo.communicate()
    last = out.strip().splitlines()[-1] if out.strip() else "{}"
    try:
        summary = json.loads(last)
    except json.JSONDecodeError:
        summary = {}
    return demo.returncode, summary, f"{out}\n{err}"
