"""A system outside that executors call, on the loopback: it answers by plan, and scales as Kubernetes does."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

from resonance_llm_orchestrator.actions import steps
from resonance_llm_orchestrator.actions.action import Action
from resonance_llm_orchestrator.actions.executors.kubernetes import Kubernetes, KubernetesOptions
from resonance_llm_orchestrator.actions.executors.webhook import Webhook, WebhookOptions
from resonance_llm_orchestrator.actions.kinds import KINDS
from resonance_llm_orchestrator.actions.planning import Wish, subject_of
from resonance_llm_orchestrator.actions.policy import Policy
from tests.support.acting import START_US, alert

TOKEN = "a-token-nobody-may-read"
SECRET = "a secret of the webhook"


@dataclass
class Fake:
    """A server with a plan of answers: a status, a number of seconds to wait, headers of a 429, or "cut"."""

    plan: list[Any] = field(default_factory=list)
    requests: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)
    replicas: int = 2
    url: str = ""

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.requests.append((request.method, request.path, dict(request.headers), await request.read()))
        step = self.plan.pop(0) if self.plan else 200
        if step == "cut":
            assert request.transport is not None
            request.transport.close()
        elif isinstance(step, float):
            await asyncio.sleep(step)
        elif isinstance(step, dict):
            return web.Response(status=429, headers=step)
        elif step != 200:
            headers = {"Retry-After": "0.05"} if step == 429 else {"Location": "/elsewhere"} if step == 302 else {}
            return web.Response(status=step, headers=headers, text="<html>the token was wrong</html>")
        return self._scaled(request)

    def _scaled(self, request: web.Request) -> web.Response:
        if not request.path.endswith("/scale"):
            return web.Response(status=202)
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return web.Response(status=401)
        if request.method == "PATCH":
            assert request.headers["Content-Type"] == "application/merge-patch+json"
            self.replicas = json.loads(self.requests[-1][3])["spec"]["replicas"]
        return web.json_response({"kind": "Scale", "apiVersion": "autoscaling/v1", "spec": {"replicas": self.replicas}})


@asynccontextmanager
async def served() -> AsyncIterator[Fake]:
    """The server on the loopback."""
    made = Fake()
    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", made.handle)
    server = TestServer(app)
    await server.start_server()
    made.url = f"http://127.0.0.1:{server.port}"
    yield made
    await server.close()


def begun(kind: str, decided_us: int = START_US, **parameters: float) -> Action:
    """An action that was approved and is being run."""
    wish = Wish(KINDS[kind], KINDS[kind].checked(parameters), order=1)
    proposed = steps.proposed(subject_of(alert(), wish, Policy.model_validate({}), 0, START_US))
    approved = steps.approved(proposed, "u_olga", "", decided_us)
    return steps.claimed(approved, "me", 1, decided_us)


def webhook(fake: Fake, **options: Any) -> Webhook:
    """An executor that tells it."""
    terms = {"url": f"{fake.url}/hook?key=in-the-address", "timeout_s": 0.2, **options}
    return Webhook("tickets", WebhookOptions.model_validate(terms), SECRET)


def kubernetes(fake: Fake, tmp_path: Path, **options: Any) -> Kubernetes:
    """An executor that takes it for a cluster."""
    Path(tmp_path, "token").write_text(TOKEN + "\n", encoding="utf-8")
    terms = {"namespace": "chat", "deployment": "backend", "server": fake.url, "token_file": tmp_path / "token"}
    return Kubernetes("cluster", KubernetesOptions.model_validate({**terms, "timeout_s": 0.2, **options}))
