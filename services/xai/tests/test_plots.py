"""Pictures: their size, their words, and that nothing in them is cut."""

from __future__ import annotations

import struct
from collections.abc import Callable
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

from resonance_attribution.shapley import Attribution
from resonance_contracts.features import FEATURE_NAMES, WIDTH
from resonance_xai.asked.columns import Column, catalogue_columns
from resonance_xai.asked.overview import overview
from resonance_xai.asked.served import OUTPUT
from resonance_xai.asked.subject import Subject, Unit, medians
from resonance_xai.asked.surrogate import surrogate
from resonance_xai.plots.beeswarm import beeswarm
from resonance_xai.plots.figures import WIDTH_PX, Format, to_file, wrapped
from resonance_xai.plots.tree import tree
from resonance_xai.plots.trends import trends
from resonance_xai.plots.waterfall import waterfall
from resonance_xai.told import Drawn

LONG = "a_very_long_name_of_a_column_that_somebody_gave_it_without_a_thought_for_pictures"
Draw = Callable[[Subject, str], Figure]


def subject_of(columns: tuple[Column, ...]) -> Subject:
    ordinary = np.abs(np.random.default_rng(0).normal(3.0, 1.0, (300, len(columns))))
    weights = np.linspace(2.0, 0.1, len(columns))
    return Subject(
        "model", "v1", "y", Unit.SCORE, columns, lambda rows: np.tanh(rows @ weights / 20), ordinary,
        medians(ordinary, columns),
    )  # fmt: skip


def _waterfall(subject: Subject, language: str) -> Figure:
    values = np.linspace(0.2, -0.1, subject.width)
    return waterfall(
        subject, subject.reference + 1000.0, Attribution(0.1, 0.1 + float(values.sum()), values, 0.0), language
    )


def _deviations(subject: Subject, language: str) -> Figure:
    found = Attribution(0.0, 1e6 * subject.width, np.full(subject.width, 1e6), 0.0)
    return waterfall(Drawn(subject.names, OUTPUT, Unit.DEVIATIONS), subject.reference, found, language)


DRAWINGS: dict[str, Draw] = {
    "waterfall": _waterfall,
    "deviations": _deviations,
    "beeswarm": lambda subject, language: beeswarm(subject, overview(subject, 40), language),
    "trends": lambda subject, language: trends(subject, overview(subject, 40), language),
    "tree": lambda subject, language: tree(subject, surrogate(subject, 4), language),
}
SUBJECTS = {
    "catalogue": subject_of(catalogue_columns()),
    "long names": subject_of(tuple(Column(f"{LONG}_{i}") for i in range(12))),
}


def texts(figure: Figure) -> list[Text]:
    """Every text that is drawn: matplotlib has ticks beyond the ends of an axis, and does not draw them."""
    beyond = set()
    for axis in (axis for axes in figure.axes for axis in (axes.xaxis, axes.yaxis)):
        low, high = sorted(axis.get_view_interval())
        beyond |= {tick.label1 for tick in axis.get_major_ticks() if not low <= tick.get_loc() <= high}
    return [text for text in figure.findobj(Text) if text.get_visible() and text.get_text() and text not in beyond]


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("subject", SUBJECTS)
@pytest.mark.parametrize("drawing", DRAWINGS)
def test_nothing_that_is_written_is_cut(drawing: str, subject: str, language: str) -> None:
    figure = DRAWINGS[drawing](SUBJECTS[subject], language)
    FigureCanvasAgg(figure).draw()
    width, height = figure.get_size_inches() * figure.dpi
    for text in texts(figure):
        box = text.get_window_extent()
        assert box.x0 >= -1, text.get_text()
        assert box.x1 <= width + 1, text.get_text()
        assert box.y0 >= -1, text.get_text()
        assert box.y1 <= height + 1, text.get_text()
        assert text.get_fontsize() >= 8, "too small to read"


@pytest.mark.parametrize("drawing", ["waterfall", "beeswarm"])
def test_names_do_not_run_into_each_other(drawing: str) -> None:
    figure = DRAWINGS[drawing](SUBJECTS["long names"], "en")
    FigureCanvasAgg(figure).draw()
    boxes = sorted((text.get_window_extent() for text in figure.axes[0].get_yticklabels()), key=lambda box: box.y0)
    assert len(boxes) >= 10
    for lower, upper in pairwise(boxes):
        assert lower.y1 <= upper.y0 + 1


@pytest.mark.parametrize("drawing", DRAWINGS)
def test_files_are_of_800_pixels_and_the_same_each_time(drawing: str) -> None:
    subject = SUBJECTS["catalogue"]
    png = to_file(DRAWINGS[drawing](subject, "en"), Format.PNG)
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    width, _ = struct.unpack(">II", png[16:24])
    assert width == WIDTH_PX
    svg = to_file(DRAWINGS[drawing](subject, "en"), Format.SVG)
    assert ElementTree.fromstring(svg).tag.endswith("svg")  # noqa: S314 - our own file
    assert svg == to_file(DRAWINGS[drawing](subject, "en"), Format.SVG)


@pytest.mark.parametrize(("language", "expected"), [("en", "Message rate"), ("ru", "Частота сообщений")])
def test_features_have_their_names_in_the_language(language: str, expected: str) -> None:
    figure = DRAWINGS["beeswarm"](SUBJECTS["catalogue"], language)
    assert expected in " ".join(text.get_text() for text in texts(figure)).replace("\n", " ")
    assert FEATURE_NAMES[0] not in " ".join(text.get_text() for text in texts(figure))


def test_small_bars_are_summed_up() -> None:
    figure = DRAWINGS["waterfall"](SUBJECTS["long names"], "en")
    assert any(text.get_text() == "3 others" for text in texts(figure))


@pytest.mark.parametrize("name", [LONG, "x" * 100, "short", "two words"])
def test_a_name_in_lines_is_still_the_whole_name(name: str) -> None:
    assert wrapped(name, 20).replace("\n", "").replace(" ", "") == name.replace(" ", "")
    assert max(map(len, wrapped(name, 20).splitlines())) <= 20


def test_a_value_is_never_broken() -> None:
    assert wrapped("worst concave points", 24, "= 0.265") == "worst concave points\n= 0.265"


def test_an_explanation_without_attributions_can_be_drawn(tmp_path: Any) -> None:
    subject = SUBJECTS["catalogue"]
    nothing = Attribution(0.3, 0.3, np.zeros(WIDTH), 0.0)
    assert to_file(waterfall(subject, subject.reference, nothing, "en"), Format.PNG)
