"""Figures of 800 pixels' width, and their files.

`matplotlib.pyplot` keeps figures in global state that threads would share, as the plots of `shap` do: nothing here uses
either. Text in SVG is drawn as outlines, so that it looks the same, and fits, wherever it is shown.
"""

from __future__ import annotations

import io
from enum import StrEnum
from textwrap import wrap
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from matplotlib.text import Text

WIDTH_PX: Final = 800
DPI: Final = 100

RAISES: Final = "#c2410c"
LOWERS: Final = "#1d5fa8"
INK: Final = "#1f2933"
FAINT: Final = "#9aa5b1"
PAPER: Final = "#ffffff"
LOW_TO_HIGH: Final = ("#1d5fa8", "#b8b4ad", "#c2410c")
"""Colours of values from low to high; they differ in lightness too."""

FONT: Final = 10.5
SMALL: Final = 9.0
_LONGEST_LINE: Final = 30
_BREAKS: Final = "_-./"


class Format(StrEnum):
    """Files that pictures are made as."""

    SVG = "svg"
    PNG = "png"

    @property
    def content_type(self) -> str:
        """As HTTP names it."""
        return "image/svg+xml" if self is Format.SVG else "image/png"


def new_figure(height_px: float, width_px: float = WIDTH_PX) -> Figure:
    """A white figure."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width_px / DPI, height_px / DPI), dpi=DPI, facecolor=PAPER)
    figure.set_layout_engine("none")
    return figure


def to_file(figure: Figure, format_: Format) -> bytes:
    """The file of a figure; the same figure gives the same bytes."""
    from matplotlib import rc_context

    file = io.BytesIO()
    with rc_context({"svg.fonttype": "path", "svg.hashsalt": "resonance"}):
        figure.savefig(file, format=format_.value, dpi=DPI, metadata={"Date": None} if format_ is Format.SVG else None)
    return file.getvalue()


def width_of(figure: Figure, text: Text) -> float:
    """Width of a drawn text, as a share of WIDTH_PX."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    if not isinstance(figure.canvas, FigureCanvasAgg):
        FigureCanvasAgg(figure)
    return float(text.get_window_extent().width) / WIDTH_PX


def near_zero(value: float, span: float) -> float:
    """0 where a number is too small to be seen beside others that span so much; else the number."""
    return 0.0 if abs(value) < 1e-3 * abs(span) else value


def wrapped(name: str, longest: int = _LONGEST_LINE, rest: str = "") -> str:
    """A name in lines of at most `longest` characters, broken at spaces and signs where it can be; nothing is cut.

    `rest` follows it and is not broken: on the last line, or on one of its own.
    """
    for sign in _BREAKS:
        name = name.replace(sign, f"{sign}\u200b")
    lines = wrap(name.replace("\u200b", " \u200b"), longest) if len(name) > longest else [name]
    lines = [line.replace(" \u200b", "").replace("\u200b", "") for line in lines]
    if rest and len(lines[-1]) + len(rest) < longest:
        lines[-1] += f" {rest}"
    elif rest:
        lines.append(rest)
    return "\n".join(lines)
