"""`/ml/limits`: what a client may send and why, and limits that operators set."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from resonance_gateway.auth.roles import Role
from resonance_gateway.limits.adjustments import Adjustment, Place, Scope, Source
from resonance_gateway.limits.desk import LimitsDesk
from resonance_gateway.limits.gate import Gate
from resonance_gateway.limits.limiter import SECOND_US, Limits
from resonance_gateway.limits.records import is_address_key
from resonance_gateway.limits.views import AddressPath, LimitsView, NewLimit, UserPath, limits_view
from resonance_gateway.people.pseudonyms import Pseudonyms
from resonance_gateway.rest.routing import Call, Nothing, Route
from resonance_gateway.tracking.clock import Clock
from resonance_runtime.errors import Problem

Client = UserPath | AddressPath


@dataclass(frozen=True, slots=True)
class LimitsApi:
    """Handlers of the routes under `/ml/limits`.

    Attributes:
        gate: Knows the limits in force.
        desk: Tells all gateways of new ones.
        pseudonyms: Turns user ids into keys.
    """

    gate: Gate
    desk: LimitsDesk
    pseudonyms: Pseudonyms
    clock: Clock

    def routes(self) -> list[Route[Any, Any, Any]]:
        """The routes, to be served."""
        return [
            *self._of("/ml/limits/{user}", UserPath, "a user"),
            *self._of("/ml/limits/addresses/{address}", AddressPath, "an address"),
        ]

    async def show(self, call: Call[Client, Nothing, Nothing]) -> LimitsView:
        """`GET`: what the client may send, and why."""
        return self._view(*self._client(call.path))

    async def set(self, call: Call[Client, Nothing, NewLimit]) -> LimitsView:
        """`PUT`: the operator's limit of the client is this one; the answer is what will be in force."""
        scope, key = self._client(call.path)
        now_us, asked = self.clock.now_us(), call.body
        adjustment = Adjustment(
            Place(scope, key, Source.OPERATOR),
            Limits(asked.rate, asked.burst),
            asked.reason,
            now_us,
            0 if asked.expires_s is None else now_us + round(asked.expires_s * SECOND_US),
        )
        await self.desk.publish(adjustment)
        others = [a for a in self.gate.adjustments.of(key, now_us) if a.place.source is not Source.OPERATOR]
        return limits_view(scope, key, self.gate.default(key), [adjustment, *others])

    async def remove(self, call: Call[Client, Nothing, Nothing]) -> None:
        """`DELETE`: the operator's limit of the client is taken back.

        Raises:
            Problem: 404, there is none.
        """
        scope, key = self._client(call.path)
        now_us = self.clock.now_us()
        place = Place(scope, key, Source.OPERATOR)
        if not any(a.place == place for a in self.gate.adjustments.of(key, now_us)):
            raise Problem(404, "No such limit", f"No operator has set a limit of this {scope}; `GET` says what is.")
        await self.desk.publish(Adjustment(place, None, "", now_us, 0))

    def _of(self, path: str, model: type[Client], whom: str) -> list[Route[Any, Any, Any]]:
        return [
            Route(
                "GET", path, Role.VIEWER, f"What {whom} may send, and why.",
                self.show, model, Nothing, Nothing, LimitsView, tag="limits",
            ),
            Route(
                "PUT", path, Role.OPERATOR, f"Sets the limit of {whom}; in force on every gateway within a second.",
                self.set, model, Nothing, NewLimit, LimitsView, tag="limits",
            ),
            Route(
                "DELETE", path, Role.OPERATOR, f"Takes the operators' limit of {whom} back.",
                self.remove, model, Nothing, Nothing, None, 204, (404,), tag="limits",
            ),
        ]  # fmt: skip

    def _view(self, scope: Scope, key: str) -> LimitsView:
        adjustments = self.gate.adjustments.of(key, self.clock.now_us())
        return limits_view(scope, key, self.gate.default(key), adjustments)

    def _client(self, path: Client) -> tuple[Scope, str]:
        if isinstance(path, UserPath):
            return Scope.USER, self.pseudonyms.of_person(path.user)
        known = is_address_key(path.address)
        return Scope.ADDRESS, path.address if known else self.gate.address_key(path.address)
