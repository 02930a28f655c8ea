"""The decision tree that imitates a model, from left to right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from resonance_narration import name_column, say_number, say_value
from resonance_xai.asked.subject import Subject
from resonance_xai.asked.surrogate import Node, Surrogate
from resonance_xai.plots.figures import FAINT, INK, LOW_TO_HIGH, SMALL, WIDTH_PX, new_figure, width_of, wrapped
from resonance_xai.plots.words import UNITS, WORDS, fidelity_of, output_name

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import LinearSegmentedColormap
    from matplotlib.figure import Figure

_LEAF_PX: Final = 42
_TOP_PX: Final = 66
_LINE_PX: Final = 18
_BOTTOM_PX: Final = 14
_FONT: Final = 8.5
_ANSWER_PX: Final = 158
_LEAST_STEP_PX: Final = 148
_MARGIN_PX: Final = 12


class _Drawing:
    """Draws nodes; the place of the next leaf is what it remembers."""

    def __init__(
        self, figure: Figure, axes: Axes, subject: Subject, found: Surrogate, language: str, width_px: float
    ) -> None:
        from matplotlib.colors import LinearSegmentedColormap

        self.figure, self.axes, self.subject, self.language = figure, axes, subject, language
        self.answers_at = width_px - _ANSWER_PX
        self.step = (self.answers_at - _MARGIN_PX) / max(1, found.root.depth)
        self.colours: LinearSegmentedColormap = LinearSegmentedColormap.from_list("values", LOW_TO_HIGH)
        values = list(_answers(found.root))
        self.low, self.high = min(values), max(values)
        self.next = 0.0

    def draw(self, node: Node, depth: int) -> tuple[float, float]:
        """Draws a node and all below it; where its left edge is, in pixels."""
        x = _MARGIN_PX + depth * self.step
        if node.below is None or node.above is None:
            return self._answer(node, self.answers_at)
        ends = [self.draw(child, depth + 1) for child in (node.below, node.above)]
        y = (ends[0][1] + ends[1][1]) / 2
        name = self.subject.names[node.column]
        threshold = say_value(name, node.threshold, self.language)
        question = self._fitting(name_column(name, self.language), f"≤ {threshold}")
        for (to_x, to_y), style in zip(ends, ("-", "--"), strict=True):
            self.axes.plot([x + 4, x + 4, to_x], [y, to_y, to_y], color=FAINT, linewidth=1.0, linestyle=style, zorder=0)
        self.axes.text(
            x, y, question, fontsize=_FONT, color=INK, va="center", ha="left",
            bbox={"boxstyle": "round,pad=0.25", "facecolor": "white", "edgecolor": FAINT, "linewidth": 0.8},
        )  # fmt: skip
        return x, y

    def _fitting(self, name: str, rest: str) -> str:
        """In lines that leave the next question free."""
        for longest in range(40, 9, -2):
            question = wrapped(name, longest, rest)
            text = self.figure.text(0, 0, question, fontsize=_FONT)
            fits = width_of(self.figure, text) * WIDTH_PX <= self.step - 16
            text.remove()
            if fits:
                break
        return question

    def _answer(self, node: Node, x: float) -> tuple[float, float]:
        y = self.next + _LEAF_PX / 2
        self.next += _LEAF_PX
        position = (node.value - self.low) / (self.high - self.low or 1.0)
        share = say_number(100 * node.share, self.language) + ("%" if self.language == "en" else "\u00a0%")
        self.axes.plot([x + 7], [y], marker="o", markersize=9, color=self.colours(position))
        value = say_number(node.value, self.language)
        said = f"{value}  ({WORDS[self.language].share.format(share=share)})"
        self.axes.text(x + 18, y, said, fontsize=_FONT, color=INK, va="center", ha="left")
        return x, y


def tree(subject: Subject, found: Surrogate, language: str) -> Figure:
    """The figure: questions from left to right, "yes" along the solid line above, "no" along the dashed one below."""
    words, unit = WORDS[language], UNITS[language][subject.unit]
    height = _LEAF_PX * found.root.leaves
    lines = [*fidelity_of(found, language), words.legend]
    total = _TOP_PX + _LINE_PX * (len(lines) - 1) + height + _BOTTOM_PX
    width = max(WIDTH_PX, _MARGIN_PX + _ANSWER_PX + _LEAST_STEP_PX * found.root.depth)
    figure = new_figure(total, width)
    axes = figure.add_axes((0, _BOTTOM_PX / total, 1, height / total))
    axes.set_xlim(0, width)
    axes.set_ylim(height, 0)
    axes.set_axis_off()
    _Drawing(figure, axes, subject, found, language, width).draw(found.root, 0)
    title = words.tree.format(unit=unit, output=output_name(subject.output, language))
    figure.text(12 / width, 1 - 26 / total, title, fontsize=13, color=INK, va="center", weight="bold")
    for line, said in enumerate(lines):
        figure.text(12 / width, 1 - (50 + _LINE_PX * line) / total, said, fontsize=SMALL, color=INK, va="center")
    return figure


def _answers(node: Node) -> list[float]:
    if node.below is None or node.above is None:
        return [node.value]
    return _answers(node.below) + _answers(node.above)
