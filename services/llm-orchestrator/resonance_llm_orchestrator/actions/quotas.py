"""How much may happen without a person: so many an hour, and never more than a share of the active users at once."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Final

HOUR_US: Final = 3_600_000_000


@dataclass(frozen=True, slots=True)
class Quota:
    """Of one kind of action.

    Attributes:
        per_hour: Approvals by policy in any hour, at most.
        share: Of the active users, who may be touched at once where policy approves; 0 to 1.
    """

    per_hour: int = 0
    share: float = 0.0


class Spent:
    """Approvals by policy of the last hour, by kind."""

    def __init__(self) -> None:
        self._times: dict[str, deque[int]] = {}

    def refusal(self, kind: str, quota: Quota, now_us: int, *, touched: int | None, active: int) -> str:
        """Why policy may not approve one more; "" where it may.

        Args:
            kind: Of the action.
            quota: That it was proposed under.
            now_us: Microseconds since the epoch.
            touched: Actions that touch a user each now; None where this one touches no single user.
            active: Users who were active; 0 where that is not known.
        """
        if self.used(kind, now_us) >= quota.per_hour:
            return f"Policy approves {kind} {quota.per_hour} times an hour at most; a person may still approve it."
        if touched is not None and touched + 1 > quota.share * active:
            return (
                f"Policy touches {quota.share:.2%} of the active users at once at most ({active:,} are known); "
                "a person may still approve it."
            )
        return ""

    def used(self, kind: str, now_us: int) -> int:
        """Approvals by policy in the hour before now."""
        return sum(1 for at_us in self._times.get(kind, ()) if at_us > now_us - HOUR_US)

    def spend(self, kind: str, now_us: int) -> None:
        """Policy approved one."""
        times = self._times.setdefault(kind, deque())
        times.append(now_us)
        newest_us = max(times)
        while times[0] <= newest_us - HOUR_US:
            times.popleft()
