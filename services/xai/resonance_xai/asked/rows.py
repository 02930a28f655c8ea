"""The row of a question, from values by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite
from typing import Final

import numpy as np
from numpy.typing import NDArray

from resonance_xai.asked.columns import Column
from resonance_xai.asked.errors import WrongQuestion

Floats = NDArray[np.float64]

DIGITS: Final = 9
"""Values are rounded to so many significant digits before anything is computed: those are the same question."""

_NAMED: Final = 40


def rounded(value: float) -> float:
    """A value with DIGITS significant digits."""
    return float(f"{value:.{DIGITS}g}")


def row_of(
    given: Mapping[str, float],
    columns: Sequence[Column],
    fill: Floats | None,
    *,
    bounded: bool = True,
    what: str = "features",
) -> Floats:
    """The row of a question, (width,); each value is `rounded`.

    Args:
        given: Values by name.
        columns: Of the model.
        fill: Values of columns that are not given; None where all must be.
        bounded: Whether no row can have values outside the columns' ranges.
        what: What is read, for the error.

    Raises:
        WrongQuestion: Says which columns are missing, which are none of the model's, or which value is out of range.
    """
    names = [column.name for column in columns]
    extra, missing = sorted(set(given) - set(names)), [name for name in names if name not in given]
    if extra:
        raise WrongQuestion(
            f"{what}: {_some(extra)} {'is' if len(extra) == 1 else 'are'} not among the model's {len(names)} columns; "
            f"expected {_some(names)}."
        )
    if missing and fill is None:
        raise WrongQuestion(
            f"{what}: {_some(missing)} {'is' if len(missing) == 1 else 'are'} missing; give a number for each, or "
            '"fill": "reference" to take those that the row is compared with.'
        )
    row = np.zeros(len(names)) if fill is None else fill.copy()
    for place, column in enumerate(columns):
        value = given.get(column.name)
        if value is None:
            continue
        if not isfinite(value) or (bounded and not column.lower <= value <= column.upper):
            between = f" from {column.lower:g} to {column.upper:g}" if bounded else ""
            raise WrongQuestion(f"{what}: {column.name} is {value}; expected a finite number{between}.")
        row[place] = rounded(value)
    return row


def _some(names: list[str]) -> str:
    shown = ", ".join(name[:60] for name in names[:_NAMED])
    return shown if len(names) <= _NAMED else f"{shown} and {len(names) - _NAMED} more"
