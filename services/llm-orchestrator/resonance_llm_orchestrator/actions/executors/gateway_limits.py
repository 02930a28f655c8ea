"""Limits and blocks users at the gateways: records of `limits.adjusted` of the source `action`.

There is one limit of actions for each user, so of several actions the strictest is in force: a block before a limit, a
lower rate before a higher one.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence

from pydantic import BaseModel, ConfigDict

from resonance_contracts.pb.resonance.v1 import operations_pb2
from resonance_contracts.topics import LIMITS_ADJUSTED
from resonance_llm_orchestrator.actions.action import Action
from resonance_runtime.records import Outgoing

SendAll = Callable[[Sequence[Outgoing]], Awaitable[None]]
Limiting = Callable[[str, int], Sequence[Action]]
"""Actions that limit a user at a time."""


class LimitsOptions(BaseModel):
    """It takes none."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class GatewayLimits:
    """See `Executor`.

    Args:
        send_all: Stores records.
        limiting: Knows the other actions on a user.
        now_us: The clock.
    """

    def __init__(self, send_all: SendAll, limiting: Limiting, now_us: Callable[[], int]) -> None:
        self._send_all = send_all
        self._limiting = limiting
        self._now_us = now_us

    async def prepare(self, action: Action) -> Mapping[str, float]:
        """Nothing."""
        return {}

    async def run(self, action: Action) -> str:
        """Puts the limit in force on every gateway."""
        others = [one for one in self._others(action) if _strictness(one) < _strictness(action)]
        await self._put(action.subject.user_key, [action, *others], action.decided_us)
        if others:
            return "A stricter action on the user is in force already; this one holds when that one ends."
        return "Every gateway is told of the limit."

    async def undo(self, action: Action) -> str:
        """Takes the limit back; what other actions ask for the user stays."""
        others = self._others(action)
        await self._put(action.subject.user_key, others, max(self._now_us(), action.decided_us))
        if others:
            return "The limit is taken back; another action on the user stays in force."
        return "The limit is taken back on every gateway."

    async def settle(self, action: Action) -> None:
        """The strictest of what is asked for the user is in force, whoever was told of last."""
        now_us = self._now_us()
        asked = self._limiting(action.subject.user_key, now_us)
        if any(one.id != action.id for one in asked):
            await self._put(action.subject.user_key, asked, now_us)

    async def close(self) -> None:
        """Nothing to close."""

    def _others(self, action: Action) -> list[Action]:
        of_user = self._limiting(action.subject.user_key, self._now_us())
        return [one for one in of_user if one.id != action.id]

    async def _put(self, user_key: str, actions: Sequence[Action], at_us: int) -> None:
        await self._send_all([limit_record(user_key, actions, at_us)])


def limit_record(user_key: str, actions: Sequence[Action], at_us: int) -> Outgoing:
    """The limit of a user under some actions; taken back where there are none."""
    key = f"user/{user_key}/action"
    limit = operations_pb2.LimitAdjusted(
        user_key=user_key, source=operations_pb2.LIMIT_SOURCE_ACTION, adjusted_us=at_us, removed=not actions
    )
    if actions:
        strictest = min(actions, key=_strictness)
        parameters = strictest.subject.parameters
        limit.rate = parameters.get("rate", 0.0)
        limit.burst = parameters.get("burst", 1.0)
        limit.expires_us = strictest.effect_until_us
        limit.reason = f"Action {strictest.id} about the incident {strictest.subject.alert_id}."[:500]
    return Outgoing(LIMITS_ADJUSTED, limit, f"{key}/{at_us}", at_us, key=key.encode())


def _strictness(action: Action) -> tuple[float, float, str]:
    """Lower is stricter."""
    parameters = action.subject.parameters
    return parameters.get("rate", 0.0), parameters.get("burst", 0.0), action.id
