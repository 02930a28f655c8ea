"""How the models beside the anomaly model are made, from what the retrainer gathers.

scikit-learn takes seconds to import, so it is imported by the first training, not by the start.
"""

from __future__ import annotations

from collections.abc import Callable

from resonance_auto_retrainer.errors import InvalidBatch
from resonance_auto_retrainer.gathering import Gatherer
from resonance_modeling.artifact import Artifact, DataWindow
from resonance_modeling.load import LOAD_PREDICTION
from resonance_modeling.load_log import LONGEST, MINUTE_US
from resonance_training.needs import LOAD_MINUTES


class LoadRecipe:
    """Load prediction, from the stream of which most minutes are known; learned anew when they are twice as many."""

    name = LOAD_PREDICTION

    def __init__(self, gatherer: Gatherer) -> None:
        self._gatherer = gatherer

    def lacks(self) -> str:
        """See `Recipe.lacks`."""
        known = self._gatherer.load.minutes()
        return "" if known >= LOAD_MINUTES else f"minutes of event time: {known} of {LOAD_MINUTES}"

    def outgrown(self, window: DataWindow) -> bool:
        """See `Recipe.outgrown`."""
        learned = (window.last_end_us - window.first_end_us) // MINUTE_US
        return self._gatherer.load.minutes() >= min(2 * learned, LONGEST) > learned

    def prepare(self) -> Callable[[], Artifact]:
        """See `Recipe.prepare`."""
        load, offsets = self._gatherer.load.longest(), dict(self._gatherer.offsets)
        if load is None:
            raise InvalidBatch("There is no minute to learn from.")

        def train() -> Artifact:
            from resonance_auto_retrainer.load_training import train_load

            return train_load(load, offsets)

        return train
