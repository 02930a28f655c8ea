"""Executors against servers that speak their protocols and fail on demand."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from resonance_llm_orchestrator.actions import steps
from resonance_llm_orchestrator.actions.action import Action
from resonance_llm_orchestrator.actions.errors import Failed, PolicyError
from resonance_llm_orchestrator.actions.executors import registry
from resonance_llm_orchestrator.actions.executors.gateway_limits import GatewayLimits, limit_record
from resonance_llm_orchestrator.actions.executors.kubernetes import Kubernetes, KubernetesOptions
from resonance_llm_orchestrator.actions.executors.registry import Surroundings, executors_of
from resonance_llm_orchestrator.actions.executors.webhook import Webhook, WebhookOptions, signature
from resonance_llm_orchestrator.actions.kinds import KINDS
from resonance_llm_orchestrator.actions.planning import Wish, subject_of
from resonance_llm_orchestrator.actions.policy import Policy
from tests.support.acting import START_US, USER, Clock, Log, alert

TOKEN = "a-token-nobody-may-read"
SECRET = "a secret of the webhook"


@dataclass
class Fake:
    """A server with a plan of answers: a status, a number of seconds to wait, or "cut"."""

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


@pytest.fixture
async def fake() -> AsyncIterator[Fake]:
    made = Fake()
    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", made.handle)
    server = TestServer(app)
    await server.start_server()
    made.url = f"http://127.0.0.1:{server.port}"
    yield made
    await server.close()


def action(kind: str, decided_us: int = START_US, **parameters: float) -> Action:
    wish = Wish(KINDS[kind], KINDS[kind].checked(parameters), order=1)
    proposed = steps.proposed(subject_of(alert(), wish, Policy.model_validate({}), 0, START_US))
    approved = steps.approved(proposed, "u_olga", "", decided_us)
    return steps.claimed(approved, "me", 1, decided_us)


def webhook(fake: Fake, **options: Any) -> Webhook:
    terms = {"url": f"{fake.url}/hook?key=in-the-address", "timeout_s": 0.2, **options}
    return Webhook("tickets", WebhookOptions.model_validate(terms), SECRET)


def kubernetes(fake: Fake, tmp_path: Path, **options: Any) -> Kubernetes:
    Path(tmp_path, "token").write_text(TOKEN + "\n", encoding="utf-8")
    terms = {"namespace": "chat", "deployment": "backend", "server": fake.url, "token_file": tmp_path / "token"}
    return Kubernetes("cluster", KubernetesOptions.model_validate({**terms, "timeout_s": 0.2, **options}))


async def test_a_webhook_gets_the_action_once_signed_and_with_a_key_for_repeats(fake: Fake) -> None:
    hook, ticket = webhook(fake), action("create_incident_ticket")
    assert await hook.run(ticket) == "The webhook tickets took it."
    await hook.close()
    ((method, _, headers, body),) = fake.requests
    told = json.loads(body)
    assert (method, told["type"], told["alert_id"]) == ("POST", "resonance.action.create_incident_ticket", "al_1")
    assert (told["severity"], told["parameters"]) == ("critical", {"priority": 3})
    assert set(told["texts"]) == {"en", "ru"}
    assert (headers["Idempotency-Key"], headers["webhook-id"]) == (f'"{ticket.id}"', ticket.id)
    expected = signature(SECRET.encode(), ticket.id, headers["webhook-timestamp"], body)
    assert headers["webhook-signature"] == expected


def test_signatures_are_those_of_standard_webhooks() -> None:
    # The example of the specification's own libraries.
    from base64 import b64decode

    secret = b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    made = signature(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", b'{"test": 2432232314}')
    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize(
    ("plan", "requests", "said"),
    [
        ([200], 1, "took it"),
        ([500, 503, 200], 3, "took it"),
        ([429, 200], 2, "took it"),
        (["cut", 200], 2, "took it"),
        ([1.0, 200], 2, "took it"),
        ([409], 1, "had it already"),
    ],
)
async def test_what_may_pass_is_tried_again(fake: Fake, plan: list[Any], requests: int, said: str) -> None:
    fake.plan, hook = plan, webhook(fake)
    assert said in await hook.run(action("notify_devops_team"))
    await hook.close()
    assert len(fake.requests) == requests
    assert len({headers["Idempotency-Key"] for _, _, headers, _ in fake.requests}) == 1


@pytest.mark.parametrize(
    ("plan", "requests", "said"),
    [
        ([400], 1, "The webhook tickets answered with 400."),
        ([401], 1, "The webhook tickets answered with 401."),
        ([302], 1, "The webhook tickets answered with 302."),
        ([500] * 9, 4, "The webhook tickets answered with 500, 4 attempts."),
        ([1.0] * 9, 4, "did not answer in time; whether it was done there is not known, 4 attempts."),
        (["cut"] * 9, 4, "The webhook tickets could not be reached"),
    ],
)
async def test_what_does_not_pass_is_said_without_secrets(
    fake: Fake, plan: list[Any], requests: int, said: str
) -> None:
    fake.plan, hook = plan, webhook(fake)
    with pytest.raises(Failed) as caught:
        await hook.run(action("notify_devops_team"))
    await hook.close()
    assert said in str(caught.value) and len(fake.requests) == requests
    for secret in ("in-the-address", SECRET, "127.0.0.1", "html"):
        assert secret not in str(caught.value)


async def test_a_deployment_is_scaled_up_and_back(fake: Fake, tmp_path: Path) -> None:
    cluster, scale = kubernetes(fake, tmp_path), action("trigger_auto_scaling", replicas=3)
    memo = await cluster.prepare(scale)
    assert (fake.replicas, memo) == (2, {"replicas_before": 2, "replicas_after": 5})
    scale = replace(scale, memo=memo)
    for _ in range(2):  # a repeat sets the same number
        assert await cluster.run(scale) == "backend was scaled from 2 to 5 replicas."
        assert fake.replicas == 5
    for _ in range(2):
        assert await cluster.undo(scale) == "backend has 2 replicas again."
        assert fake.replicas == 2
    await cluster.close()
    assert {path for _, path, _, _ in fake.requests} == {"/apis/apps/v1/namespaces/chat/deployments/backend/scale"}


async def test_what_somebody_else_scaled_since_is_left_alone(fake: Fake, tmp_path: Path) -> None:
    cluster, scale = kubernetes(fake, tmp_path), action("trigger_auto_scaling", replicas=1)
    scale = replace(scale, memo=await cluster.prepare(scale))
    await cluster.run(scale)
    fake.replicas = 9
    with pytest.raises(Failed, match="has 9 replicas now, not 3: somebody else scaled it"):
        await cluster.undo(scale)
    await cluster.close()
    assert fake.replicas == 9


async def test_no_more_replicas_than_the_policy_allows(fake: Fake, tmp_path: Path) -> None:
    cluster = kubernetes(fake, tmp_path, most_replicas=3)
    assert (await cluster.prepare(action("trigger_auto_scaling", replicas=10)))["replicas_after"] == 3
    fake.replicas = 3
    with pytest.raises(Failed, match="3 at most"):
        await cluster.prepare(action("trigger_auto_scaling"))
    await cluster.close()


@pytest.mark.parametrize(
    ("plan", "token", "said"),
    [
        ([403], TOKEN, "The Kubernetes API of cluster answered with 403."),
        ([404], TOKEN, "answered with 404."),
        ([], "another", "answered with 401."),
        ([500] * 9, TOKEN, "answered with 500, 4 attempts."),
    ],
)
async def test_a_cluster_that_refuses_is_told_without_the_token(
    fake: Fake, tmp_path: Path, plan: list[Any], token: str, said: str
) -> None:
    fake.plan, cluster = plan, kubernetes(fake, tmp_path)
    Path(tmp_path, "token").write_text(token, encoding="utf-8")
    with pytest.raises(Failed) as caught:
        await cluster.prepare(action("trigger_auto_scaling"))
    await cluster.close()
    assert said in str(caught.value) and token not in str(caught.value)


async def test_a_token_that_cannot_be_read_is_said(fake: Fake, tmp_path: Path) -> None:
    cluster = kubernetes(fake, tmp_path, token_file=tmp_path / "none")
    with pytest.raises(Failed, match="cannot be read"):
        await cluster.prepare(action("trigger_auto_scaling"))
    assert fake.requests == []


async def test_a_repeat_of_a_limit_is_the_same_record() -> None:
    log, clock = Log(), Clock()
    limits, limit = GatewayLimits(log.send_all, lambda *_: [], clock), action("limit_user", rate=2, lasts_s=60)
    await limits.run(limit)
    clock.pass_s(30)
    await limits.run(limit)
    first, again = log.sent
    assert (first.encoded(), first.id, first.key) == (again.encoded(), again.id, f"user/{USER}/action".encode())
    (sent, _) = log.limits()
    assert (sent.rate, sent.burst, sent.expires_us - sent.adjusted_us) == (2, 5, 60_000_000)


async def test_of_several_actions_on_a_user_the_strictest_is_sent() -> None:
    block, slow, slower = action("block_user"), action("limit_user", rate=2), action("limit_user", rate=1)
    (sent,) = [limit_record(USER, some, START_US).value for some in ([slow, block, slower],)]
    assert sent.rate == 0
    assert limit_record(USER, [slow, slower], START_US).value.rate == 1
    assert limit_record(USER, [], START_US).value.removed


@pytest.mark.parametrize(
    ("executors", "said"),
    [
        ({"it": {"kind": "webhook"}}, "The executor it: url: Field required."),
        ({"it": {"kind": "webhook", "url": "ftp://x"}}, "url:"),
        ({"it": {"kind": "webhook", "url": "https://x/", "colour": 1}}, "colour:"),
        ({"it": {"kind": "kubernetes", "namespace": "A b", "deployment": "x"}}, "namespace:"),
        ({"it": {"kind": "magic"}}, "expected one of webhook, kubernetes, gateway_limits"),
    ],
)
def test_an_executor_that_cannot_be_made_is_said(executors: dict[str, Any], said: str) -> None:
    policy = Policy.model_validate({"executors": executors})
    with pytest.raises(PolicyError) as caught:
        executors_of(policy, Surroundings(Log().send_all, lambda *_: [], Clock()))
    assert said in str(caught.value)


def test_a_plug_in_is_found_by_its_entry_point(monkeypatch: pytest.MonkeyPatch) -> None:
    class Point:
        name = "magic"

        def load(self) -> Any:
            return lambda name, options, around: (name, dict(options))

    monkeypatch.setattr(registry, "entry_points", lambda group: [Point()] if group == registry.GROUP else [])
    policy = Policy.model_validate({"executors": {"it": {"kind": "magic", "colour": "red"}}})
    made: dict[str, Any] = executors_of(policy, Surroundings(Log().send_all, lambda *_: [], Clock()))
    assert made == {"it": ("it", {"colour": "red"})}


def certificate(folder: Path, name: str) -> tuple[Path, Path]:
    """Files of a certificate for the loopback address that is its own authority, and of its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject, now = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]), datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    paths = folder / f"{name}.crt", folder / f"{name}.key"
    paths[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return paths


async def test_a_cluster_is_believed_by_its_own_authority_alone(tmp_path: Path) -> None:
    made, (ours, key), (theirs, _) = Fake(), certificate(tmp_path, "ours"), certificate(tmp_path, "theirs")
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(ours, key)
    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", made.handle)
    server = TestServer(app, scheme="https")
    await server.start_server(ssl=tls)
    made.url = f"https://127.0.0.1:{server.port}"
    cluster = kubernetes(made, tmp_path, ca_file=ours, timeout_s=2)
    assert (await cluster.prepare(action("trigger_auto_scaling")))["replicas_before"] == 2
    await cluster.close()
    seen, stranger = len(made.requests), kubernetes(made, tmp_path, ca_file=theirs, attempts=1, timeout_s=2)
    with pytest.raises(Failed, match="could not be reached"):
        await stranger.prepare(action("trigger_auto_scaling"))
    await stranger.close()
    await server.close()
    assert len(made.requests) == seen, "nobody else is shown the token"
