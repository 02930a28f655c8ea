"""A model as a whole: for each column, what it added to the number of every row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from resonance_narration import name_column
from resonance_xai.asked.overview import Overview
from resonance_xai.asked.subject import Subject
from resonance_xai.plots.figures import FAINT, FONT, INK, LOW_TO_HIGH, SMALL, new_figure, width_of, wrapped
from resonance_xai.plots.waterfall import localized
from resonance_xai.plots.words import UNITS, WORDS, output_name

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Floats = NDArray[np.float64]

MOST_ROWS: Final = 14
_ROW_PX: Final = 40
_LINE_PX: Final = 17
_TOP_PX: Final = 60
_BOTTOM_PX: Final = 52
_BINS: Final = 60
_REACH: Final = 0.4


def beeswarm(subject: Subject, found: Overview, language: str) -> Figure:
    """The figure: a point for each row, its colour the value, from low to high among the rows."""
    from matplotlib.colors import LinearSegmentedColormap

    words, unit = WORDS[language], UNITS[language][subject.unit]
    shown = found.order[:MOST_ROWS]
    labels = [wrapped(name_column(subject.names[i], language)) for i in shown]
    inside = len(shown) * max(_ROW_PX, _LINE_PX * max(label.count("\n") + 1 for label in labels) + 8)
    total = _TOP_PX + inside + _BOTTOM_PX
    figure = new_figure(total)
    drawn = [figure.text(0, 0, label, fontsize=FONT) for label in labels]
    left = max(width_of(figure, text) for text in drawn) + 0.03
    for text in drawn:
        text.remove()
    axes = figure.add_axes((left, _BOTTOM_PX / total, 0.875 - left, inside / total))
    colours = LinearSegmentedColormap.from_list("values", LOW_TO_HIGH)
    axes.axvline(0.0, color=FAINT, linewidth=1.0, zorder=-3)
    axes.set_rasterization_zorder(-1)
    span = float(np.ptp(found.values)) or 1.0
    for place, column in enumerate(shown):
        across = _spread(found.values[:, column], span)
        axes.scatter(
            found.values[:, column], place + across, c=_ranks(found.rows[:, column]), cmap=colours, vmin=0, vmax=1,
            s=11, linewidths=0, zorder=-2,
        )  # fmt: skip
    axes.set_ylim(len(shown) - 0.5, -0.5)
    axes.set_yticks(range(len(shown)), labels, fontsize=FONT, color=INK)
    axes.tick_params(axis="y", length=0)
    axes.tick_params(axis="x", labelsize=SMALL, colors=INK)
    localized(axes, language)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.set_xlabel(words.attribution.format(unit=unit), fontsize=SMALL, color=INK)
    bar = figure.add_axes((0.9, _BOTTOM_PX / total, 0.016, inside / total))
    bar.imshow(np.linspace(1, 0, 128)[:, np.newaxis], cmap=colours, aspect="auto")
    bar.set_xticks([])
    bar.yaxis.tick_right()
    bar.set_yticks([2, 125], [words.high, words.low], fontsize=SMALL, color=INK, rotation=90)
    above, below = bar.get_yticklabels()
    above.set_verticalalignment("top")
    below.set_verticalalignment("bottom")
    bar.tick_params(length=0)
    for spine in bar.spines.values():
        spine.set_visible(False)
    title = words.beeswarm.format(unit=unit, output=output_name(subject.output, language))
    figure.text(0.015, 1 - 26 / total, wrapped(title, 80), fontsize=13, color=INK, va="center", weight="bold")
    return figure


def _ranks(values: Floats) -> Floats:
    """From 0, the least, to 1; equal values are equal."""
    _, place = np.unique(values, return_inverse=True)
    ranks: Floats = place / max(1, int(place.max()))
    return ranks


def _spread(values: Floats, span: float) -> Floats:
    """How far each point stands from the middle of its row, so that points in one place are seen beside each other."""
    bins = np.floor(_BINS * values / span).astype(int)
    across = np.zeros(len(values))
    for one in np.unique(bins):
        same = np.flatnonzero(bins == one)
        steps = (np.arange(len(same)) + 1) // 2 * np.where(np.arange(len(same)) % 2, 1, -1)
        across[same] = steps * min(0.07, _REACH / max(1, len(same) / 2))
    return across
