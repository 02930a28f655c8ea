"""The last vectors of people who were flagged, in order, however many vectors of others come."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from resonance_gateway.news.vectors import Score, Vector

MOST_PEOPLE: Final = 200
LONGEST: Final = 120
"""Vectors of a person."""


@dataclass(slots=True)
class Trail:
    """The last vectors of one person, oldest first, and their scores by vector id."""

    vectors: deque[Vector] = field(default_factory=lambda: deque(maxlen=LONGEST))
    scores: dict[str, Score] = field(default_factory=dict)


class Trails:
    """Trails of the people who were flagged last."""

    def __init__(self) -> None:
        self._trails: OrderedDict[str, Trail] = OrderedDict()

    def __contains__(self, user_key: str) -> bool:
        return user_key in self._trails

    def flag(self, user_key: str, known: Iterable[tuple[Vector, Score | None]] = ()) -> None:
        """Begins a trail, with what is known of the person, oldest first; or keeps one longer than others."""
        if user_key not in self._trails:
            self._trails[user_key] = Trail()
            for vector, score in known:
                self.take(vector)
                if score is not None:
                    self.take_score(user_key, vector.vector_id, score)
        self._trails.move_to_end(user_key)
        if len(self._trails) > MOST_PEOPLE:
            self._trails.popitem(last=False)

    def take(self, vector: Vector) -> None:
        """Takes the next vector of somebody, if there is a trail."""
        trail = self._trails.get(vector.user_key)
        if trail is None:
            return
        if len(trail.vectors) == LONGEST:
            trail.scores.pop(trail.vectors[0].vector_id, None)
        trail.vectors.append(vector)

    def take_score(self, user_key: str, vector_id: str, score: Score) -> None:
        """Takes the score of a vector of somebody, if there is a trail; it may come before its vector."""
        trail = self._trails.get(user_key)
        if trail is not None and len(trail.scores) < 2 * LONGEST:
            trail.scores[vector_id] = score

    def of(self, user_key: str) -> Trail | None:
        """The trail of a person."""
        return self._trails.get(user_key)

    def drop_before(self, received_us: int) -> None:
        """Drops vectors that were read before a time."""
        for trail in self._trails.values():
            while trail.vectors and trail.vectors[0].received_us < received_us:
                trail.scores.pop(trail.vectors.popleft().vector_id, None)

    def forget(self, user_key: str) -> None:
        """Forgets a person."""
        self._trails.pop(user_key, None)
