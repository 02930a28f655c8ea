"""Tells another system by `POST`: a ticket system, a pager, a chat.

The body is signed as Standard Webhooks 1.0 has it; `Idempotency-Key` is the action's id, so a repeat is no second one.
"""

from __future__ import annotations

import time
from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from hmac import digest
from typing import Annotated, Final

import msgspec
from pydantic import BaseModel, ConfigDict, Field

from resonance_llm_orchestrator.actions.action import Action
from resonance_llm_orchestrator.actions.errors import Failed
from resonance_llm_orchestrator.actions.executors.calling import Calling

CONFLICT: Final = 409


class WebhookOptions(BaseModel):
    """What the policy file says of a webhook.

    Attributes:
        url: Where to.
        timeout_s: Longest time of one attempt, seconds.
        attempts: At most.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: Annotated[str, Field(pattern=r"^https?://[^\s/]+")]
    timeout_s: float = Field(5.0, gt=0, le=10)
    attempts: int = Field(4, ge=1, le=10)


class Webhook:
    """See `Executor`.

    Args:
        name: Of the executor.
        options: Of the policy file.
        secret: Signs bodies; none, none are signed.
    """

    def __init__(self, name: str, options: WebhookOptions, secret: str) -> None:
        self._name = name
        self._url = options.url
        self._secret = secret.encode()
        self._calling = Calling(f"The webhook {name}", options.timeout_s, options.attempts)

    async def prepare(self, action: Action) -> Mapping[str, float]:
        """Nothing."""
        return {}

    async def run(self, action: Action) -> str:
        """Posts the action."""
        body = msgspec.json.encode(_told(action))
        key = action.id
        answer = await self._calling.call("POST", self._url, self._headers(key, body), body)
        # 409 says that the key is known: it was done before.
        if answer.status == CONFLICT:
            return f"The webhook {self._name} had it already."
        if not 200 <= answer.status < 300:
            raise Failed(f"The webhook {self._name} answered with {answer.status}.")
        return f"The webhook {self._name} took it."

    async def undo(self, action: Action) -> str:
        """What was told cannot be taken back."""
        raise Failed(f"What the webhook {self._name} was told cannot be taken back.")

    async def settle(self, action: Action) -> None:
        """Nothing."""

    async def close(self) -> None:
        """Closes the connections."""
        await self._calling.close()

    def _headers(self, key: str, body: bytes) -> dict[str, str]:
        at = str(int(time.time()))
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": f'"{key}"',
            "webhook-id": key,
            "webhook-timestamp": at,
        }
        if self._secret:
            headers["webhook-signature"] = signature(self._secret, key, at, body)
        return headers


def signature(secret: bytes, id_: str, at: str, body: bytes) -> str:
    """`v1,…`: HMAC-SHA256 of id, time and body, as Standard Webhooks 1.0 has it."""
    return "v1," + b64encode(digest(secret, f"{id_}.{at}.".encode() + body, sha256)).decode()


def _told(action: Action) -> dict[str, object]:
    subject = action.subject
    return {
        "type": f"resonance.action.{subject.kind}",
        "action_id": subject.action_id,
        "alert_id": subject.alert_id,
        "user_key": subject.user_key,
        "incident_kind": subject.incident_kind,
        "severity": subject.severity.name.lower(),
        "opened_us": subject.opened_us,
        "parameters": dict(subject.parameters),
        "decided_by": action.decided_by,
        "texts": {w.language: {"title": w.title, "reason": w.reason} for w in subject.words},
    }
