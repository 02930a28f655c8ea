"""When to train, as a function of what the window holds and what is promoted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from resonance_auto_retrainer.window import Contents
from resonance_contracts.features import CATALOGUE_VERSION

MINUTE_US: Final = 60_000_000


@dataclass(frozen=True, slots=True)
class Champion:
    """What is promoted now.

    Attributes:
        version: Its content version.
        catalogue_version: Of the features it was trained on.
        last_end_us: Event time of the newest vector it was trained on.
        changed_us: When it was promoted.
    """

    version: str
    catalogue_version: str
    last_end_us: int
    changed_us: int

    @property
    def current(self) -> bool:
        """Whether it can score the vectors of today's catalogue."""
        return self.catalogue_version == CATALOGUE_VERSION


@dataclass(frozen=True, slots=True)
class Policy:
    """What a training needs.

    Attributes:
        min_vectors: Unflagged vectors; for a retraining, that many newer ones than the champion knows.
        min_users: Distinct users among the unflagged vectors.
        min_span_us: Event time they cover in one stream, microseconds.
        retrain_every_us: Time between a promotion, or a trial that ended, and the next training; 0 trains once per
            catalogue version.
        drift_cooldown_us: Time between the same and a training that drift starts; less never does.
    """

    min_vectors: int
    min_users: int
    min_span_us: int
    retrain_every_us: int
    drift_cooldown_us: int = 0

    def due(self, champion: Champion | None, now_us: int, drifted: bool = False, tried_us: int = 0) -> bool:
        """Whether a training is wanted, whatever the window holds: by schedule, or because of drift.

        Args:
            champion: What is promoted.
            now_us: Now.
            drifted: Whether there is drift.
            tried_us: When the last version was made or taken back that is not the champion; 0 for never.
        """
        if champion is None or not champion.current:
            return True
        since_us = now_us - max(champion.changed_us, tried_us)
        if drifted and self.drift_cooldown_us <= since_us:
            return True
        return 0 < self.retrain_every_us <= since_us

    def missing(self, contents: Contents, champion: Champion | None) -> list[str]:
        """What the window lacks for a training, one phrase for each thing; empty when it has enough."""
        fresh = champion is None or not champion.current
        vectors, what = (contents.vectors, "vectors") if fresh else (contents.newer, "new vectors")
        lacks = []
        if vectors < self.min_vectors:
            lacks.append(f"{what}: {vectors} of {self.min_vectors}")
        if contents.users < self.min_users:
            lacks.append(f"users: {contents.users} of {self.min_users}")
        if contents.span_us < self.min_span_us:
            span, needed = contents.span_us / MINUTE_US, self.min_span_us / MINUTE_US
            lacks.append(f"minutes of event time: {span:.0f} of {needed:.0f}")
        return lacks
