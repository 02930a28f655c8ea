"""The sweep as a picture: how long a frame takes by the rate, and by the clock around the fall."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from tests.loads.sweep import WITHIN_S, Swept

_BEFORE_S: Final = 60.0
# Files that are the same whenever the figures are.
_STEADY: Final = {"svg.hashsalt": "sweep", "svg.fonttype": "none"}


def plot(swept: Swept, path: Path) -> None:
    """Draws it as SVG."""
    with mpl.rc_context(_STEADY):
        figure = Figure(figsize=(9, 3.4), layout="constrained")
        rates, clock = figure.subplots(1, 2)
        seen = swept.onlooker.scores
        x = [step.rate for step in swept.steps]
        took = [seen.between(step.began_s, step.ended_s) for step in swept.steps]
        for share in (50, 99):
            y = [np.percentile(t, share) if len(t) else np.nan for t in took]
            rates.plot(x, y, marker="o", label=f"p{share}")
        rates.set(xscale="log", yscale="log", xlabel="messages a second", ylabel="frame to score, s")
        _seconds(swept, clock)
        clock.set(yscale="log", xlabel="seconds after the load fell", ylabel="frame to score, s, p99 of each second")
        for axes in (rates, clock):
            axes.axhline(WITHIN_S, color="gray", linestyle=":", label="0.5 s")
            axes.grid(alpha=0.3)
        rates.legend()
        figure.savefig(path, format="svg", metadata={"Date": None})


def _seconds(swept: Swept, axes: Axes) -> None:
    assert swept.back is not None, "the load fell"
    first, last = -_BEFORE_S, swept.back.ended_s - swept.fell_s
    x = np.arange(first, last)
    took = [swept.onlooker.scores.between(swept.fell_s + at, swept.fell_s + at + 1) for at in x]
    axes.plot(x, [np.percentile(t, 99) if len(t) else np.nan for t in took])
    axes.axvline(0, color="gray", linestyle="--")
