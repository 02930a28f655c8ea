"""How odd each row of a series is, given the rows before it: online, in one pass, one setting for every series.

Four views look at a row (see `views`): a jump, a departure from the times of day, a level that moved, and stillness.
What each sees becomes surprise by its rank among the last 4,000 rows (see `rank`), so that units, spread and
distribution of the values do not matter. The score is the root of the mean square of the four surprises, each as a
share of the highest there can be. One view at its utmost alone gives one half; so more than that, an alert, takes at
least two that say so. An incident is reported once: after an alert rows score 0 until 100 in a row were none.

The views and their constants were chosen with the 35 series of the benchmark `detection` in view, on plateaus: with any
one of the constants, but for the threshold, half or one and a half times as large, NAB's score stays between 64 and 73;
it is 73 as they are. On the 23 series of NAB that were not in view, after the constants were fixed, it was 64 where
ContextOSE gets 78 and ARTime 82: anomalies in short series are missed, and bursts of counts are flagged too often.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from math import isfinite, sqrt
from typing import Final

from resonance_training.rows import BadRows
from resonance_training.series.rank import SlidingRank
from resonance_training.series.views import Looks, Views

REMEMBERED_ROWS: Final = 4_000
LEAST_ROWS: Final = 150
QUIET_ROWS: Final = 100
ALERT_ABOVE: Final = 0.55
VIEWS: Final = 4


class SeriesDetector:
    """Scores the rows of one series as they come. The same rows give the same scores."""

    def __init__(self) -> None:
        self._views = Views()
        self._ranks = [SlidingRank(REMEMBERED_ROWS, LEAST_ROWS) for _ in range(VIEWS)]
        self._quiet = QUIET_ROWS

    def score(self, time: datetime, value: float) -> float:
        """The score of the next row, from 0 to 1; above ALERT_ABOVE it is an alert.

        Args:
            time: Of the row; its time of day is taken as it stands, in whatever zone it is.
            value: Finite.

        Raises:
            BadRows: The value is NaN or infinite; the detector is then as it was.
        """
        if not isfinite(value):
            raise BadRows(f"Every value must be finite, but that of {time} is {value}.")
        # A quarter of it, which changes no rank: so the difference of two finite values is finite as well.
        return self._report(self._odd(self._views.look(time, value / 4.0)))

    def _odd(self, looks: Looks) -> float:
        pairs = zip(self._ranks, looks.each(), strict=True)
        shares = [rank.surprise(look) / rank.utmost for rank, look in pairs if look is not None]
        return sqrt(sum(share * share for share in shares) / VIEWS)

    def _report(self, odd: float) -> float:
        reported = self._quiet < QUIET_ROWS
        self._quiet = 0 if odd > ALERT_ABOVE else self._quiet + 1
        return 0.0 if reported else odd


def score_series(rows: Iterable[tuple[datetime, float]]) -> list[float]:
    """The score of each row of a series, in its order.

    Raises:
        BadRows: A value is NaN or infinite.
    """
    detector = SeriesDetector()
    return [detector.score(time, value) for time, value in rows]
