"""How the models beside the anomaly model are made, from what the retrainer gathers.

scikit-learn takes seconds to import, so it is imported by the first training, not by the start.
"""

from __future__ import annotations

from collections.abc import Callable

from resonance_auto_retrainer.errors import InvalidBatch
from resonance_auto_retrainer.gathering import Gatherer
from resonance_auto_retrainer.policy import MINUTE_US
from resonance_modeling.artifact import Artifact, DataWindow
from resonance_modeling.behaviour import USER_BEHAVIOR
from resonance_modeling.load import LOAD_PREDICTION
from resonance_modeling.load_log import LONGEST
from resonance_training.needs import BEHAVIOUR_ROWS, BEHAVIOUR_USERS, LOAD_MINUTES


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


class BehaviourRecipe:
    """Kinds of users, from those who are known well; learned anew when they are twice as many.

    Args:
        gatherer: Has the vectors.
        min_span_us: Event time that they must cover in one stream, microseconds.
    """

    name = USER_BEHAVIOR

    def __init__(self, gatherer: Gatherer, min_span_us: int) -> None:
        self._gatherer = gatherer
        self._min_span_us = min_span_us

    def lacks(self) -> str:
        """See `Recipe.lacks`."""
        users = self._gatherer.window.regulars(BEHAVIOUR_ROWS)
        if users < BEHAVIOUR_USERS:
            return f"users with {BEHAVIOUR_ROWS} vectors or more: {users} of {BEHAVIOUR_USERS}"
        span_us = self._gatherer.window.contents().span_us
        if span_us < self._min_span_us:
            return f"minutes of event time: {span_us / MINUTE_US:.0f} of {self._min_span_us / MINUTE_US:.0f}"
        return ""

    def outgrown(self, window: DataWindow) -> bool:
        """See `Recipe.outgrown`."""
        return self._gatherer.window.regulars(BEHAVIOUR_ROWS) >= 2 * window.users

    def prepare(self) -> Callable[[], Artifact]:
        """See `Recipe.prepare`."""
        data, offsets = self._gatherer.window.training_set(), dict(self._gatherer.offsets)

        def train() -> Artifact:
            from resonance_auto_retrainer.behaviour_training import train_behaviour

            return train_behaviour(data, offsets)

        return train
