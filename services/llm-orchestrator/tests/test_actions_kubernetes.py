"""The executor that scales a deployment, against an API that fails on demand."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from dataclasses import replace
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

from resonance_llm_orchestrator.actions.errors import Failed
from tests.support.outside import TOKEN, Fake, begun, kubernetes, served


@pytest.fixture
async def fake() -> AsyncIterator[Fake]:
    async with served() as made:
        yield made


async def test_a_deployment_is_scaled_up_and_back(fake: Fake, tmp_path: Path) -> None:
    cluster, scale = kubernetes(fake, tmp_path), begun("trigger_auto_scaling", replicas=3)
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
    cluster, scale = kubernetes(fake, tmp_path), begun("trigger_auto_scaling", replicas=1)
    scale = replace(scale, memo=await cluster.prepare(scale))
    await cluster.run(scale)
    fake.replicas = 9
    with pytest.raises(Failed, match="has 9 replicas now, not 3: somebody else scaled it"):
        await cluster.undo(scale)
    await cluster.close()
    assert fake.replicas == 9


async def test_no_more_replicas_than_the_policy_allows(fake: Fake, tmp_path: Path) -> None:
    cluster = kubernetes(fake, tmp_path, most_replicas=3)
    assert (await cluster.prepare(begun("trigger_auto_scaling", replicas=10)))["replicas_after"] == 3
    fake.replicas = 3
    with pytest.raises(Failed, match="3 at most"):
        await cluster.prepare(begun("trigger_auto_scaling"))
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
        await cluster.prepare(begun("trigger_auto_scaling"))
    await cluster.close()
    assert said in str(caught.value) and token not in str(caught.value)


async def test_a_token_that_cannot_be_read_is_said(fake: Fake, tmp_path: Path) -> None:
    cluster = kubernetes(fake, tmp_path, token_file=tmp_path / "none")
    with pytest.raises(Failed, match="cannot be read"):
        await cluster.prepare(begun("trigger_auto_scaling"))
    assert fake.requests == []


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
    assert (await cluster.prepare(begun("trigger_auto_scaling")))["replicas_before"] == 2
    await cluster.close()
    seen, stranger = len(made.requests), kubernetes(made, tmp_path, ca_file=theirs, attempts=1, timeout_s=2)
    with pytest.raises(Failed, match="could not be reached"):
        await stranger.prepare(begun("trigger_auto_scaling"))
    await stranger.close()
    await server.close()
    assert len(made.requests) == seen, "nobody else is shown the token"
