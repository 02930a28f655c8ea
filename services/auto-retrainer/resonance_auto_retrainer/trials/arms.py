"""A/B: the challenger serves some of the users, and who is newly alerted is counted in both arms.

Users are dealt to the arms by a hash, whatever they do, so were the versions equal, each newly alerted user would be
the challenger's with the probability of its share: by the dealing itself, whatever users are like. Of what an operator
called false the same holds, and the mean of both bets is a fair bet again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from resonance_auto_retrainer.trials.seen import Seen
from resonance_training.betting import log_less, log_more

HALF: Final = float(np.log(0.5))


@dataclass(frozen=True, slots=True)
class Alerted:
    """An incident that somebody was told of: its user, stream and version, and when it opened, microseconds."""

    user: str
    stream: str
    version: str
    opened_us: int


class Arms:
    """Who is in which arm.

    Attributes:
        vectors: Scored in both arms, each once.
        users: Users of the champion, and of the challenger.
    """

    def __init__(self) -> None:
        self.vectors = 0
        self.users = [0, 0]
        self._arm: dict[str, bool] = {}
        self._newest_us: dict[str, dict[str, int]] = {}
        self._began_us: dict[str, int] = {}

    def add(self, stream: str, users: Sequence[str], ends_us: Sequence[int], challenged: Sequence[bool]) -> None:
        """Takes vectors in columns; those of a user must come in order, and repeats change nothing."""
        for user, end_us, challenger in zip(users, ends_us, challenged, strict=True):
            if user not in self._arm:
                self._arm[user] = challenger
                self._newest_us[user] = {}
                self.users[challenger] += 1
            newest_us = self._newest_us[user]
            if end_us > newest_us.get(stream, -1):
                newest_us[stream] = end_us
                self.vectors += 1
        if len(ends_us):
            self._began_us[stream] = min(min(ends_us), self._began_us.get(stream, ends_us[0]))

    def erase(self, user: str) -> None:
        """Forgets a user; what was counted of them stays in the sums."""
        self._arm.pop(user, None)
        self._newest_us.pop(user, None)

    def seen(
        self,
        alerts: Iterable[tuple[str, Alerted]],
        true_alarms: Mapping[str, bool],
        versions: tuple[str, str],
        share: float,
        ratio: float,
    ) -> Seen:
        """What it says of the challenger.

        Args:
            alerts: Id and facts of incidents, in the order they were told of.
            true_alarms: By id of the incident, what an operator said of it.
            versions: Of the champion, and of the challenger.
            share: Of the users whom the challenger serves.
            ratio: Times as many newly alerted users that are too many.
        """
        alerted: dict[str, bool] = {}
        false: dict[str, bool] = {}
        for alert_id, alert in alerts:
            began_us = self._began_us.get(alert.stream)
            if alert.version not in versions or began_us is None or alert.opened_us < began_us:
                continue
            challenger = alert.version == versions[1]
            alerted.setdefault(alert.user, challenger)
            if true_alarms.get(alert_id) is False:
                false.setdefault(alert.user, challenger)
        return self._judged(_split(alerted), _split(false), share, ratio)

    def _judged(self, alerted: tuple[int, int], false: tuple[int, int], share: float, ratio: float) -> Seen:
        bets = [log_more(challenger, champion + challenger, share) for champion, challenger in (alerted, false)]
        return Seen(
            vectors=self.vectors,
            users_new=self.users[1],
            users_old=self.users[0],
            found_new=alerted[1],
            found_old=alerted[0],
            ratio=max(self._ratio(*some) for some in (alerted, false)),
            more=float(HALF + np.logaddexp(*bets)),
            less=float(log_less(alerted[1], sum(alerted), share, ratio)),
            false_new=false[1],
            false_old=false[0],
        )

    def _ratio(self, champion: int, challenger: int) -> float:
        """Of the shares of users; 1 where there are none in either arm."""
        if not champion + challenger:
            return 1.0
        return (challenger + 0.5) / (self.users[1] + 1) * (self.users[0] + 1) / (champion + 0.5)


def _split(by_user: Mapping[str, bool]) -> tuple[int, int]:
    challenger = sum(by_user.values())
    return len(by_user) - challenger, challenger
