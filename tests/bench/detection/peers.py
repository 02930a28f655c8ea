"""PyOD's detectors in the same loop: the program beside the project prints a line a set, then the means as JSON."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from tests.bench.benchmark import Tell
from tests.bench.peers import Peers, prepare

PROGRAM: Final = "pyod_adbench.py"
REQUIREMENTS: Final = ("pyod==3.*", "scikit-learn==1.9.*")
LONGEST_S: Final = 1800


def means(folder: Path | None, data: Path, tell: Tell) -> tuple[Mapping[str, Mapping[str, float]], str]:
    """Mean AUROC and AUCPR of each of PyOD's detectors, in percent, and PyOD's version; nothing where it cannot run."""
    peers = prepare(folder, tell, "pyod", REQUIREMENTS)
    if peers is None:
        return {}, ""
    tell("PyOD's detectors: some minutes.")
    return _run(peers, data), peers.version("pyod")


def _run(peers: Peers, data: Path) -> Mapping[str, Mapping[str, float]]:
    command = peers.command(PROGRAM, str(data))
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=LONGEST_S)
    found: dict[str, dict[str, float]] = json.loads(done.stdout.splitlines()[-1])
    return found
