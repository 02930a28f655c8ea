"""Runs in the peer's environment: river's detectors over series of numbers.

    python river_program.py SERIES.npy DETECTOR PARAMETERS

SERIES.npy is (series, steps) or (streams, series, steps); NaN is no step. Prints JSON: for each series, the steps at
which the detector said that there is drift. A detector begins anew after each.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import numpy as np
from river import drift


def detected(kind: str, parameters: dict[str, Any], series: Any) -> list[int]:
    detector, steps = getattr(drift, kind)(**parameters), []
    for step, value in enumerate(series.tolist()):
        if value == value:
            detector.update(value)
            if detector.drift_detected:
                steps.append(step)
    return steps


every = np.load(sys.argv[1])
flat = every.reshape(-1, every.shape[-1])
print(json.dumps([detected(sys.argv[2], json.loads(sys.argv[3]), series) for series in flat]))
