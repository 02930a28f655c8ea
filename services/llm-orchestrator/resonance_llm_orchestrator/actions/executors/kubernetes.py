"""Scales a deployment of Kubernetes over its API: `PATCH …/deployments/{name}/scale`.

How many replicas there were and shall be is kept before anything is changed: a repeat sets the same number.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final

import msgspec
from pydantic import BaseModel, ConfigDict, Field

from resonance_llm_orchestrator.actions.action import Action
from resonance_llm_orchestrator.actions.errors import Failed
from resonance_llm_orchestrator.actions.executors.calling import Answer, Calling

ACCOUNT: Final = "/var/run/secrets/kubernetes.io/serviceaccount"
BEFORE: Final = "replicas_before"
AFTER: Final = "replicas_after"
OK: Final = 200

Dns = Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$")]


class KubernetesOptions(BaseModel):
    """What the policy file says of a deployment.

    Attributes:
        namespace, deployment: Which.
        most_replicas: It is never scaled beyond.
        server: Address of the API.
        token_file, ca_file: Token of the service account, which is read anew for each call because it is replaced in
            time, and the authority that the API's certificate is of.
        timeout_s: Longest time of one attempt, seconds.
        attempts: At most.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    namespace: Dns
    deployment: Dns
    most_replicas: int = Field(10, ge=1, le=1000)
    server: Annotated[str, Field(pattern=r"^https?://[^\s/]+$")] = "https://kubernetes.default.svc"
    token_file: Path = Path(ACCOUNT, "token")
    ca_file: Path = Path(ACCOUNT, "ca.crt")
    timeout_s: float = Field(5.0, gt=0, le=10)
    attempts: int = Field(4, ge=1, le=10)


class _Spec(msgspec.Struct):
    replicas: int = 0


class _Scale(msgspec.Struct):
    spec: _Spec


class Kubernetes:
    """See `Executor`.

    Args:
        name: Of the executor.
        options: Of the policy file.
    """

    def __init__(self, name: str, options: KubernetesOptions) -> None:
        self._options = options
        self._name = f"The Kubernetes API of {name}"
        self._url = (
            f"{options.server}/apis/apps/v1/namespaces/{options.namespace}/deployments/{options.deployment}/scale"
        )
        self._calling: Calling | None = None

    async def prepare(self, action: Action) -> Mapping[str, float]:
        """How many replicas there are, and shall be."""
        before = await self._replicas()
        after = min(before + int(action.subject.parameters["replicas"]), self._options.most_replicas)
        if after <= before:
            raise Failed(
                f"{self._options.deployment} has {before} replicas, and {self._options.most_replicas} at most."
            )
        return {BEFORE: before, AFTER: after}

    async def run(self, action: Action) -> str:
        """Sets the replicas."""
        before, after = int(action.memo[BEFORE]), int(action.memo[AFTER])
        await self._set(after)
        return f"{self._options.deployment} was scaled from {before} to {after} replicas."

    async def undo(self, action: Action) -> str:
        """Sets as many replicas as there were, unless somebody has changed the number since."""
        before, after = int(action.memo[BEFORE]), int(action.memo[AFTER])
        now = await self._replicas()
        if now not in (before, after):
            raise Failed(f"{self._options.deployment} has {now} replicas now, not {after}: somebody else scaled it.")
        if now != before:
            await self._set(before)
        return f"{self._options.deployment} has {before} replicas again."

    async def settle(self, action: Action) -> None:
        """Nothing."""

    async def close(self) -> None:
        """Closes the connections."""
        if self._calling is not None:
            await self._calling.close()

    async def _replicas(self) -> int:
        answer = await self._call("GET")
        try:
            return msgspec.json.decode(answer.body, type=_Scale).spec.replicas
        except msgspec.MsgspecError:
            raise Failed(f"{self._name} answered with something else than a Scale.") from None

    async def _set(self, replicas: int) -> None:
        await self._call("PATCH", msgspec.json.encode({"spec": {"replicas": replicas}}))

    async def _call(self, method: str, body: bytes | None = None) -> Answer:
        try:
            token = self._options.token_file.read_text(encoding="utf-8").strip()
            calling = self._open()
        except (OSError, ValueError) as error:
            raise Failed(
                f"{self._name} cannot be asked: token or certificate cannot be read ({error!r:.100})."
            ) from None
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        if body is not None:
            headers["Content-Type"] = "application/merge-patch+json"
        answer = await calling.call(method, self._url, headers, body)
        if answer.status != OK:
            raise Failed(f"{self._name} answered with {answer.status}.")
        return answer

    def _open(self) -> Calling:
        if self._calling is None:
            options = self._options
            tls = None
            if options.server.startswith("https://"):
                tls = ssl.create_default_context(cafile=str(options.ca_file))
            self._calling = Calling(self._name, options.timeout_s, options.attempts, tls=tls)
        return self._calling
