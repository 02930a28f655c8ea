"""How many connections a user may have open at once on this gateway."""

from __future__ import annotations

from collections import Counter

from resonance_gateway.errors import ErrorCode, GatewayError
from resonance_gateway.limits.adjustments import Scope
from resonance_gateway.limits.gate import CONNECTIONS, LIMITED


class Admission:
    """Counts the open connections of each user on this gateway; replicas count for themselves.

    Those of each address are counted at the edge, before anybody knows whose they are.
    """

    def __init__(self, per_user: int) -> None:
        self._per_user = per_user
        self._open: Counter[str] = Counter()

    @property
    def connections(self) -> int:
        """Open connections of all users."""
        return self._open.total()

    def admit(self, user_key: str) -> None:
        """Count one more connection of a user.

        Raises:
            GatewayError: `too_many_connections`.
        """
        if self._open[user_key] >= self._per_user:
            LIMITED[Scope.USER, CONNECTIONS].inc()
            raise GatewayError(
                ErrorCode.TOO_MANY_CONNECTIONS,
                f"At most {self._per_user} connections of one user may be open; close one and try again.",
            )
        self._open[user_key] += 1

    def release(self, user_key: str) -> None:
        """Count one connection of a user less."""
        self._open[user_key] -= 1
        if self._open[user_key] <= 0:
            del self._open[user_key]
