"""Asks Prometheus what the panels ask."""

from __future__ import annotations

import json
import math
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from typing import Any, Final

from tests.dashboards.panels import Panel, named

STEP_S: Final = 5


@dataclass(frozen=True, slots=True)
class Series:
    """One line of a panel: times in seconds since the epoch, and values; what is no number is left out."""

    name: str
    times: list[float]
    values: list[float]

    @property
    def newest(self) -> float:
        """The last value."""
        return self.values[-1]


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of one query of a panel; `fault` says what Prometheus thinks is wrong with it."""

    expression: str
    series: list[Series]
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Prometheus:
    """Its HTTP interface.

    Attributes:
        url: Its address.
    """

    url: str

    def ask(self, path: str, **parameters: str) -> Any:
        """The data of an answer, or its error as text raised in a ValueError."""
        address = f"{self.url}/api/v1/{path}?{urllib.parse.urlencode(parameters)}"
        try:
            with urllib.request.urlopen(address, timeout=30) as answer:  # noqa: S310 - loopback
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            raise ValueError(json.load(error).get("error", str(error))) from error

    def answers(self, panel: Panel, start_s: float, end_s: float) -> list[Answered]:
        """What each query of a panel gives over a time."""
        return [self._answered(query.legend, query.expression, start_s, end_s) for query in panel.queries]

    def _answered(self, legend: str, expression: str, start_s: float, end_s: float) -> Answered:
        try:
            found = self.ask("query_range", query=expression, start=str(start_s), end=str(end_s), step=str(STEP_S))[
                "result"
            ]
        except ValueError as error:
            return Answered(expression, [], str(error))
        series = (_series(legend, one) for one in found)
        return Answered(expression, sorted((s for s in series if s.values), key=lambda s: s.name))


def _series(legend: str, found: dict[str, Any]) -> Series:
    pairs = [(float(time), float(value)) for time, value in found["values"]]
    finite = [(time, value) for time, value in pairs if math.isfinite(value)]
    return Series(named(legend, found["metric"]), [time for time, _ in finite], [value for _, value in finite])
