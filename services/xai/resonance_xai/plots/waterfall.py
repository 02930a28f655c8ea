"""One explanation: from the reference's number to the row's, a bar for each column."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from resonance_attribution.shapley import Attribution
from resonance_narration import name_column, say_number, say_value
from resonance_xai.asked.subject import Unit
from resonance_xai.plots.figures import (
    FAINT,
    FONT,
    INK,
    LOWERS,
    RAISES,
    SMALL,
    near_zero,
    new_figure,
    width_of,
    wrapped,
)
from resonance_xai.plots.words import UNITS, WORDS, output_name

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Floats = NDArray[np.float64]

MOST_BARS: Final = 10
_ROW_PX: Final = 36
_LINE_PX: Final = 17
_TOP_PX: Final = 76
_BOTTOM_PX: Final = 44
_MARGIN: Final = 0.17


class Drawn(Protocol):
    """What is drawn; a `Subject`, or what an explanation says of one."""

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns."""

    @property
    def output(self) -> str:
        """What the number is called."""

    @property
    def unit(self) -> Unit:
        """What it is."""


def waterfall(subject: Drawn, vector: Floats, found: Attribution, language: str) -> Figure:
    """The figure; the largest bar is on top, and what is too small for one is summed up in the last."""
    words, unit = WORDS[language], UNITS[language][subject.unit]
    labels, values = _bars(subject, vector, found, language)
    lines = [label.count("\n") + 1 for label in labels]
    heights = [max(_ROW_PX, _LINE_PX * count + 8) for count in lines]
    figure = new_figure(_TOP_PX + sum(heights) + _BOTTOM_PX)
    total = figure.get_figheight() * figure.dpi
    drawn = [figure.text(0, 0, label, fontsize=FONT) for label in labels]
    left = max((width_of(figure, text) for text in drawn), default=0.0) + 0.03
    for text in drawn:
        text.remove()
    axes = figure.add_axes((left, _BOTTOM_PX / total, 0.965 - left, sum(heights) / total))
    said = [figure.text(0, 0, say_number(value, language, sign=True), fontsize=FONT) for value in values]
    widest = max(width_of(figure, text) for text in said) + 0.01
    for text in said:
        text.remove()
    wide = 0.965 - left
    _draw(axes, labels, values, heights, found, language, max(_MARGIN, widest / max(0.1, wide - 2 * widest)))
    title = (words.deviation if subject.unit is Unit.DEVIATIONS else words.waterfall).format(
        unit=unit, output=output_name(subject.output, language), value=say_number(found.score, language)
    )
    figure.text(0.015, 1 - 26 / total, wrapped(title, 80), fontsize=13, color=INK, va="center", weight="bold")
    _ends(
        figure, axes, found, words.base.format(base=say_number(near_zero(found.base, found.score), language)), language
    )
    axes.set_xlabel(f"{unit}", fontsize=SMALL, color=INK)
    return figure


def _bars(subject: Drawn, vector: Floats, found: Attribution, language: str) -> tuple[list[str], list[float]]:
    order = [i for i in np.argsort(-np.abs(found.values), kind="stable").tolist() if found.values[i] != 0.0]
    shown = order if len(order) <= MOST_BARS else order[: MOST_BARS - 1]
    labels = [
        wrapped(name_column(subject.names[i], language), rest=f"= {say_value(subject.names[i], vector[i], language)}")
        for i in shown
    ]
    values = [float(found.values[i]) for i in shown]
    rest = order[len(shown) :]
    if rest:
        labels.append(WORDS[language].others.format(count=len(rest)))
        values.append(float(found.values[rest].sum()))
    if not labels:
        return [WORDS[language].none], [0.0]
    return labels, values


def _draw(
    axes: Axes,
    labels: Sequence[str],
    values: Sequence[float],
    heights: Sequence[float],
    found: Attribution,
    language: str,
    margin: float,
) -> None:
    """Draws the bars, with a margin on both sides for what they say, as a share of what they span."""
    ends = found.base + np.concatenate([[0.0], np.cumsum(values)])
    low, high = float(ends.min()), float(ends.max())
    room = (high - low) or max(abs(high), 1.0)
    axes.set_xlim(low - margin * room, high + margin * room)
    bottom = np.concatenate([[0.0], np.cumsum(heights)])
    middle = (bottom[:-1] + bottom[1:]) / 2
    axes.set_ylim(bottom[-1], 0)
    for i, value in enumerate(values):
        colour = RAISES if value > 0 else LOWERS
        axes.barh(middle[i], value, left=ends[i], height=0.62 * _ROW_PX, color=colour)
        far = max(ends[i], ends[i + 1]) if value > 0 else min(ends[i], ends[i + 1])
        axes.annotate(
            say_number(value, language, sign=True), (far, middle[i]), (4 if value > 0 else -4, 0),
            textcoords="offset points", ha="left" if value > 0 else "right", va="center", fontsize=FONT, color=colour,
        )  # fmt: skip
        if i + 1 < len(values):
            axes.plot([ends[i + 1]] * 2, [middle[i], middle[i + 1]], color=FAINT, linewidth=0.8, zorder=0)
    axes.set_yticks(middle, labels, fontsize=FONT, color=INK)
    axes.tick_params(axis="y", length=0)
    axes.tick_params(axis="x", labelsize=SMALL, colors=INK)
    localized(axes, language)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)


def localized(axes: Axes, language: str, *, both: bool = False) -> None:
    """Ticks in the language's notation."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    for axis in (axes.xaxis, axes.yaxis) if both else (axes.xaxis,):
        axis.set_major_locator(MaxNLocator(5))
        axis.set_major_formatter(FuncFormatter(lambda value, _: say_number(round(value, 12), language)))


def _ends(figure: Figure, axes: Axes, found: Attribution, base: str, language: str) -> None:
    """Lines at both ends; their labels stand apart where they would meet."""
    for value, style in ((found.base, ":"), (found.score, "-")):
        axes.axvline(value, color=INK, linewidth=0.9, linestyle=style, zorder=0)
    to_right = found.base >= found.score
    for value, text, right in (
        (found.base, base, to_right),
        (found.score, say_number(near_zero(found.score, found.base), language), not to_right),
    ):
        axes.annotate(
            text, (value, 1.0), (3 if right else -3, 5), xycoords=("data", "axes fraction"),
            textcoords="offset points", ha="left" if right else "right", va="bottom", fontsize=SMALL, color=INK,
        )  # fmt: skip
