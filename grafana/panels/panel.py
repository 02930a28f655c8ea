"""What a panel is, and the queries that many of them have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

RATE: Final = "$__rate_interval"
"""As long as Grafana takes for a rate at the chosen resolution; at least four scrapes."""
SELDOM: Final = "5m"
"""For quantiles of what comes seldom: of a minute without any there is none."""


@dataclass(frozen=True, slots=True)
class Panel:
    """One panel.

    Attributes:
        title: What is seen.
        queries: By legend.
        explains: What it means, and what to do about it; one or two sentences.
        unit: Of Grafana's.
        width: Of 24 columns.
        kind: "timeseries" or "stat".
        level: The bound of a service level, in the unit; above it is red, or below where `least`.
        least: Whether the level is the least that is wanted.
        top: End of the axis, where it is fixed.
        stacked: Whether the series stand on each other.
    """

    title: str
    queries: dict[str, str]
    explains: str
    unit: str = "short"
    width: int = 8
    kind: str = "timeseries"
    level: float | None = None
    least: bool = False
    top: float | None = None
    stacked: bool = False


@dataclass(frozen=True, slots=True)
class Board:
    """One dashboard.

    Attributes:
        file: Name of its file, without suffix.
        title: Its title.
        about: What question it answers.
        rows: Panels by the title of their row.
    """

    file: str
    title: str
    about: str
    rows: dict[str, list[Panel]]


def rate(counter: str, by: str = "", where: str = "") -> str:
    """Events a second, by labels or of all together."""
    grouped = f"sum by ({by}) " if by else "sum"
    return f"{grouped}(rate({counter}{where}[{RATE}]))"


def quantile(q: float, histogram: str, by: str = "", where: str = "", over: str = SELDOM) -> str:
    """A quantile of a histogram, by labels or of all together."""
    labels = f"le, {by}" if by else "le"
    return f"histogram_quantile({q}, sum by ({labels}) (rate({histogram}_bucket{where}[{over}])))"


def within(histogram: str, bound: str, where: str = "", over: str = "15m") -> str:
    """Share of what was at most so long; 1 where there was nothing: then nobody waited too long."""
    inner = where.strip("{}")
    good = f'{histogram}_bucket{{le="{bound}"{", " + inner if inner else ""}}}'
    return (
        f"sum(rate({good}[{over}])) / (sum(rate({histogram}_count{where}[{over}])) > 0) "
        f"or 0 * sum({histogram}_count{where}) + 1"
    )
