"""How the models beside the anomaly model are made, from what the retrainer gathers.

scikit-learn takes seconds to import, so it is imported by the first training, not by the start.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from resonance_auto_retrainer.errors import InvalidBatch
from resonance_auto_retrainer.gathering import Gatherer
from resonance_auto_retrainer.made import Made
from resonance_auto_retrainer.policy import MINUTE_US
from resonance_auto_retrainer.telling import Tell
from resonance_auto_retrainer.trainings import Work
from resonance_modeling.artifact import DataWindow
from resonance_modeling.behaviour import USER_BEHAVIOR
from resonance_modeling.load import LOAD_PREDICTION
from resonance_modeling.load_log import LONGEST
from resonance_training.needs import BEHAVIOUR_ROWS, BEHAVIOUR_USERS, LOAD_MINUTES

HELD: Final = 0.8
"""How often the load is between bounds of 10 % and 90 %."""
MISS_MARGIN: Final = 0.1
SURE_MARGIN: Final = 0.1


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

    def worse(self, figures: Mapping[str, float], champion: Mapping[str, float]) -> str:
        """See `Recipe.worse`: by how far bounds are from holding as often as they say, on average."""
        new, old = _miss(figures), _miss(champion)
        if new is None or old is None or new <= old + MISS_MARGIN:
            return ""
        return (
            f"Its bounds hold {new:.0%} off from as often as they say, the champion's {old:.0%}; at most "
            f"{MISS_MARGIN:.0%} more is accepted."
        )

    def prepare(self) -> Work:
        """See `Recipe.prepare`."""
        load, offsets = self._gatherer.load.longest(), dict(self._gatherer.offsets)
        if load is None:
            raise InvalidBatch("There is no minute to learn from.")

        def train(tell: Tell) -> Made:
            from resonance_auto_retrainer.load_training import train_load

            return Made.of(train_load(load, offsets, tell), load, offsets)

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

    def worse(self, figures: Mapping[str, float], champion: Mapping[str, float]) -> str:
        """See `Recipe.worse`: by how sure it is of which kind users are, where both know as many kinds."""
        new, old = figures.get("mean_membership"), champion.get("mean_membership")
        if new is None or old is None or figures.get("clusters") != champion.get("clusters"):
            return ""
        if new >= old - SURE_MARGIN:
            return ""
        return (
            f"It is {new:.0%} sure of which kind a user is, the champion {old:.0%}; at most {SURE_MARGIN:.0%} less is "
            "accepted."
        )

    def prepare(self) -> Work:
        """See `Recipe.prepare`."""
        data, offsets = self._gatherer.window.training_set(), dict(self._gatherer.offsets)

        def train(tell: Tell) -> Made:
            from resonance_auto_retrainer.behaviour_training import train_behaviour

            return Made.of(train_behaviour(data, offsets, tell), data, offsets)

        return train


def _miss(figures: Mapping[str, float]) -> float | None:
    """Mean distance of how often bounds held from how often they should, None where it was not measured."""
    held = [value for name, value in figures.items() if name.endswith("_within")]
    return sum(abs(value - HELD) for value in held) / len(held) if held else None
