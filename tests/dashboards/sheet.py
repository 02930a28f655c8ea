"""Contact sheets: every panel of a dashboard as a small plot, to be looked at."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl

mpl.use("Agg")
from matplotlib import pyplot as plt

from tests.dashboards.asking import Answered, Series
from tests.dashboards.panels import Panel

COLUMNS: Final = 3
MOST_NAMED: Final = 9
"""Series that a legend names; the others are counted."""
UNITS: Final = {
    "s": "s",
    "cps": "/s",
    "percentunit": "share",
    "Bps": "B/s",
    "bytes": "B",
    "currencyUSD": "$",
    "short": "",
    "d": "days",
}
LINES: Final = ("-", "--", ":", "-.")


def draw(path: Path, panels: Sequence[tuple[Panel, Sequence[Answered]]], began_s: float) -> None:
    """Writes the sheet of one dashboard."""
    rows = -(-len(panels) // COLUMNS)
    figure, places = plt.subplots(rows, COLUMNS, figsize=(18, 3.9 * rows), squeeze=False, layout="constrained")
    for place in places.flat[len(panels) :]:
        place.axis("off")
    for place, (panel, answered) in zip(places.flat, panels, strict=False):
        _panel(place, panel, [one for answer in answered for one in answer.series], began_s)
    figure.suptitle(panels[0][0].board, fontsize=18)
    figure.savefig(path, dpi=75)
    plt.close(figure)


def _panel(place: Any, panel: Panel, series: list[Series], began_s: float) -> None:
    place.set_title(f"{panel.row}\n{panel.title}", fontsize=10, loc="left")
    place.set_xlabel("\n".join(textwrap.wrap(panel.description, 72)), fontsize=8, loc="left")
    place.set_ylabel(UNITS.get(panel.unit, panel.unit), fontsize=8)
    place.tick_params(labelsize=7)
    place.grid(alpha=0.25)
    if not series:
        place.text(0.5, 0.5, "no data", ha="center", va="center", color="red", transform=place.transAxes)
        return
    floor: dict[float, float] = {}
    order = sorted(series, key=lambda one: -max(one.values))
    for number, one in enumerate(order):
        times = [time - began_s for time in one.times]
        label = f"{one.name} {one.newest:.3g}" if number < MOST_NAMED else None
        if panel.stacked:
            base = [floor.get(time, 0.0) for time in times]
            tops = [low + value for low, value in zip(base, one.values, strict=True)]
            place.fill_between(times, base, tops, alpha=0.6, label=label)
            floor.update(zip(times, tops, strict=True))
        else:
            place.plot(times, one.values, LINES[number // 10 % len(LINES)], linewidth=1.2, label=label)
    if panel.level is not None:
        place.axhline(panel.level, color="red", linewidth=0.8, alpha=0.7)
    place.set_ylim(bottom=0)
    more = f"and {len(order) - MOST_NAMED} more" if len(order) > MOST_NAMED else None
    place.legend(fontsize=6.5, ncols=2, loc="upper left", title=more, title_fontsize=6.5, framealpha=0.6)
