"""The gateway's REST interface, as far as commands need it."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

import aiohttp
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from resonance_client.errors import AuthenticationRefused, GatewayUnreachable, ProtocolViolation, RequestRefused


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", protected_namespaces=())


class ServiceState(_Answer):
    """How one service is: "up", "degraded" or "down", and a sentence for each thing that is missing."""

    service: str
    state: str
    reasons: tuple[str, ...] = ()
    instances: int = 0
    version: str = ""
    details: Mapping[str, str] = Field(default_factory=dict)


class PromotedModel(_Answer):
    """A model in use, by its alias."""

    model_name: str
    alias: str
    model_version: str
    revision: int = 0


class Status(_Answer):
    """What `GET /ml/status` answers."""

    state: str
    summary: str = ""
    services: tuple[ServiceState, ...] = ()
    models: tuple[PromotedModel, ...] = ()

    @property
    def missing(self) -> list[str]:
        """Why not every service is up: one sentence each."""
        return [
            reason
            for service in self.services
            if service.state == "down"
            for reason in service.reasons or (f"The {service.service} is down.",)
        ]

    def reason_of(self, service: str, about: str = "") -> str | None:
        """First reason that a service gives, among those that speak `about` something; None where it gives none."""
        reasons = [reason for s in self.services if s.service == service for reason in s.reasons]
        return next((reason for reason in reasons if about in reason), None)

    @property
    def champion(self) -> str | None:
        """Version of the anomaly model in force; None before there is one."""
        named = (m for m in self.models if m.model_name == "anomaly_detection" and m.alias == "champion")
        return next((model.model_version for model in named), None)


class GivenVerdict(_Answer):
    """What `POST /ml/feedback` answers."""

    alert_id: str
    verdict: str
    alert_kind: str
    user_key: str
    user_id: str | None = None

    @property
    def who(self) -> str:
        """User id where it is known, the pseudonym otherwise."""
        return self.user_id or self.user_key


class GatewayRest:
    """Asks the gateway; use as `async with`.

    Args:
        gateway: Address of the gateway, http or https.
        token: Token with the role `operator`.
        timeout_s: Longest wait for an answer.
    """

    def __init__(self, gateway: str, token: str, timeout_s: float = 5.0) -> None:
        self._gateway = gateway.rstrip("/")
        self._headers = {"Authorization": f"Bearer {token}"}
        self._timeout = aiohttp.ClientTimeout(total=timeout_s)
        self._http: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._http = aiohttp.ClientSession(headers=self._headers, timeout=self._timeout)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._http is not None:
            await self._http.close()

    async def unready(self) -> dict[str, str]:
        """What the gateway itself waits for, by name; empty when it is ready."""
        answer = await self._get("/readyz", accepted=(200, 503))
        unready = answer.get("unready", {})
        return {str(name): str(reason) for name, reason in unready.items()} if isinstance(unready, dict) else {}

    async def status(self) -> Status:
        """The state of the whole.

        Raises:
            GatewayUnreachable: Nobody answers.
            AuthenticationRefused: The token is not accepted, or has not the role.
            RequestRefused: The gateway answered with an error.
            ProtocolViolation: The answer is not a status.
        """
        answer = await self._get("/ml/status")
        try:
            return Status.model_validate(answer)
        except ValidationError as error:
            raise ProtocolViolation(f"{self._gateway}/ml/status answered what is no status ({error}).") from error

    async def give_verdict(self, alert_id: str, verdict: str, kind: str | None, comment: str) -> GivenVerdict:
        """Says whether there was a reason to be told of an incident; raises as `status`.

        Args:
            alert_id: The incident.
            verdict: "true", "false" or "withdrawn".
            kind: What it was, where that is something else than its kind says.
            comment: In the operator's words.
        """
        body = {"alert_id": alert_id, "verdict": verdict, "kind": kind, "comment": comment}
        answer = await self._ask("POST", "/ml/feedback", body=body)
        try:
            return GivenVerdict.model_validate(answer)
        except ValidationError as error:
            raise ProtocolViolation(f"{self._gateway}/ml/feedback answered what is no verdict ({error}).") from error

    async def _get(self, path: str, accepted: tuple[int, ...] = (200,)) -> dict[str, Any]:
        return await self._ask("GET", path, accepted)

    async def _ask(
        self, method: str, path: str, accepted: tuple[int, ...] = (200,), body: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        if self._http is None:
            raise RuntimeError("GatewayRest must be used as `async with GatewayRest(...) as rest`.")
        try:
            async with self._http.request(method, self._gateway + path, json=body) as response:
                if response.status not in accepted:
                    raise _refusal(method, path, response.status, await response.text())
                answer = await response.json(content_type=None)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise GatewayUnreachable(
                f"No answer from {self._gateway}{path} ({error or type(error).__name__}); is the gateway running?"
            ) from error
        except ValueError as error:
            raise ProtocolViolation(f"{self._gateway}{path} did not answer with JSON; is it a gateway?") from error
        if not isinstance(answer, dict):
            raise ProtocolViolation(f"{self._gateway}{path} did not answer with a JSON object; is it a gateway?")
        return answer


def _refusal(method: str, path: str, status: int, body: str) -> AuthenticationRefused | RequestRefused:
    sentence = f"The gateway answered {status} to {method} {path}: {body[:300]}"
    return AuthenticationRefused(sentence) if status in (401, 403) else RequestRefused(sentence)
