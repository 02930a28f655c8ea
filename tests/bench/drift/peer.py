"""river's detectors on the same numbers, in an environment of their own."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tests.bench.benchmark import Tell
from tests.bench.peers import Peers, prepare

REQUIREMENTS: Final = ("river==0.26.*",)
PROGRAM: Final = Path(__file__).with_name("river_program.py")
LONGEST_S: Final = 1800


class River:
    """river, installed."""

    def __init__(self, peers: Peers) -> None:
        self._peers = peers
        self.version = peers.version("river")

    def detected(self, kind: str, parameters: Mapping[str, float], series: NDArray[np.float64]) -> list[list[int]]:
        """Steps at which a detector says that there is drift, for each series of (…, steps); NaN is no step."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "series.npy"
            np.save(path, series)
            command = [str(self._peers.python), str(PROGRAM), str(path), kind, json.dumps(parameters)]
            done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=LONGEST_S)
        found: list[list[int]] = json.loads(done.stdout)
        return found


def river(folder: Path | None, tell: Tell) -> River | None:
    """river; None, said so, where it cannot be had."""
    peers = prepare(folder, tell, "river", REQUIREMENTS)
    return None if peers is None else River(peers)
