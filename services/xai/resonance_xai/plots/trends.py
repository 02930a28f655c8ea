"""A model as a whole: how the value of each of the most important columns moves the number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from resonance_narration import name_column, say_number, say_value
from resonance_xai.asked.overview import Overview
from resonance_xai.asked.subject import Subject
from resonance_xai.plots.figures import FAINT, INK, LOWERS, RAISES, SMALL, new_figure, wrapped
from resonance_xai.plots.words import UNITS, WORDS, output_name

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Floats = NDArray[np.float64]

MOST: Final = 6
_ACROSS: Final = 2
_PANEL_PX: Final = 232
_TOP_PX: Final = 56
_GROUPS: Final = 12


def trends(subject: Subject, found: Overview, language: str) -> Figure:
    """The figure: a point for each row, and a line through the medians of groups of rows."""
    words, unit = WORDS[language], UNITS[language][subject.unit]
    shown = found.order[:MOST]
    down = -(-len(shown) // _ACROSS)
    total = _TOP_PX + _PANEL_PX * down
    figure = new_figure(total)
    for place, column in enumerate(shown):
        x, y = place % _ACROSS, place // _ACROSS
        axes = figure.add_axes(
            (0.1 + 0.48 * x, 1 - (_TOP_PX + _PANEL_PX * (y + 1) - 56) / total, 0.37, (_PANEL_PX - 92) / total)
        )
        _panel(axes, subject, found, column, language)
        if x == 0:
            axes.set_ylabel(words.attribution.format(unit=unit), fontsize=SMALL, color=INK)
    title = words.trends.format(unit=unit, output=output_name(subject.output, language))
    figure.text(0.015, 1 - 24 / total, wrapped(title, 80), fontsize=13, color=INK, va="center", weight="bold")
    return figure


def _panel(axes: Axes, subject: Subject, found: Overview, column: int, language: str) -> None:
    from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator

    name = subject.names[column]
    scaled, added = subject.to_scale(found.rows)[:, column], found.values[:, column]
    axes.axhline(0.0, color=FAINT, linewidth=0.9, zorder=0)
    axes.scatter(scaled, added, s=9, color=LOWERS, alpha=0.45, linewidths=0, rasterized=True)
    x, y = _medians(scaled, added)
    axes.plot(x, y, color=RAISES, linewidth=2.0)
    places = np.unique(scaled.min() + np.array([0.04, 0.5, 0.96]) * np.ptp(scaled))
    rows = np.tile(subject.to_scale(subject.reference[np.newaxis]), (len(places), 1))
    rows[:, column] = places
    values = subject.from_scale(rows)[:, column]
    texts = {place: say_value(name, _short(value), language) for place, value in zip(places, values, strict=True)}
    axes.xaxis.set_major_locator(FixedLocator(places.tolist()))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda at, _: texts.get(at, "")))
    axes.yaxis.set_major_locator(MaxNLocator(4))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda at, _: say_number(round(at, 12), language)))
    axes.tick_params(labelsize=SMALL, colors=INK)
    axes.set_title(wrapped(name_column(name, language), 44), fontsize=10, color=INK, loc="left")
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def _short(value: float) -> float:
    """Two digits are enough for a tick."""
    return float(f"{value:.2g}")


def _medians(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Medians of groups of about as many rows each, in the order of x; rows of one value are one group."""
    edges = np.unique(np.quantile(x, np.linspace(0, 1, _GROUPS + 1)))
    group = np.clip(np.searchsorted(edges, x, side="right") - 1, 0, max(0, len(edges) - 2))
    known = np.unique(group)
    return (
        np.array([np.median(x[group == one]) for one in known]),
        np.array([np.median(y[group == one]) for one in known]),
    )
