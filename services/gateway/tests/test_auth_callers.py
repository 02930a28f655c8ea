"""Who calls: by token or API key, where either may stand, and what is said to those who may not."""

from __future__ import annotations

import pytest
from aiohttp import WSServerHandshakeError
from prometheus_client import REGISTRY

from resonance_gateway.auth.api_keys import new_key
from resonance_gateway.auth.roles import Role, granted

VIEWER, VIEWERS_ENTRY = new_key("grafana", [Role.VIEWER])
ADMIN, ADMINS_ENTRY = new_key("ops", [Role.ADMIN])


@pytest.fixture
async def running(start_gateway, tmp_path):
    path = tmp_path / "keys.toml"
    path.write_text(f"{VIEWERS_ENTRY}\n{ADMINS_ENTRY}\n")
    return await start_gateway(api_keys_file=path)


def refusals(reason):
    return REGISTRY.get_sample_value("resonance_gateway_tokens_refused_total", {"reason": reason}) or 0.0


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": f"Bearer {VIEWER}"},
        {"Authorization": f"bearer  {VIEWER} "},
        {"X-API-Key": VIEWER},
        {"X-API-Key": ADMIN},
    ],
)
async def test_a_key_opens_where_its_role_does(running, headers):
    assert (await running.client.get("/ml/status", headers=headers)).status == 200


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({}, "missing"),
        ({"Authorization": "Basic YWxpY2U6eA=="}, "missing"),
        ({"Authorization": "Bearer "}, "missing"),
        ({"Authorization": f"Bearer {VIEWER[:-1]}"}, "api_key"),
        ({"X-API-Key": VIEWER[3:]}, "api_key"),
        ({"X-API-Key": ""}, "api_key"),
        ({"Authorization": "Bearer a.b.c"}, "malformed"),
        ({"Authorization": "Bearer a.b.c", "X-API-Key": ADMIN}, "malformed"),
    ],
)
async def test_who_is_not_known_is_asked_for_a_token(running, headers, reason):
    before = refusals(reason)

    answer = await running.client.get("/ml/status", headers=headers)

    assert answer.status == 401 and answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert (await answer.json())["detail"].endswith(".")
    assert refusals(reason) == before + 1


@pytest.mark.parametrize("roles", [[], ["backend"], ["replay"], ["king"]])
async def test_another_role_does_not_open(running, make_token, roles):
    answer = await running.client.get("/ml/status", headers={"Authorization": f"Bearer {make_token(roles=roles)}"})

    assert answer.status == 403
    assert "`viewer`" in (await answer.json())["detail"]


async def test_a_key_is_not_taken_from_an_address(running):
    """It is good for long, and addresses are kept in many logs."""
    with pytest.raises(WSServerHandshakeError) as refused:
        await running.client.ws_connect(f"/ws/alerts?token={ADMIN}")

    assert refused.value.status == 401


async def test_a_key_reads_alerts_by_its_header(running):
    socket = await running.client.ws_connect("/ws/alerts", headers={"X-API-Key": ADMIN})

    await socket.close()


async def test_a_key_is_no_user(running):
    socket = await running.client.ws_connect("/ws")
    await socket.send_json({"type": "auth", "token": ADMIN})

    assert (await socket.receive_json(timeout=5))["code"] == "not_authenticated"
    await socket.close()


@pytest.mark.parametrize(
    ("names", "roles"),
    [
        (["admin"], {"admin", "operator", "viewer", "backend"}),
        (["operator"], {"operator", "viewer"}),
        (["viewer"], {"viewer"}),
        (["backend", "nothing", ""], {"backend"}),
        (["replay"], {"replay"}),
        ([], set()),
    ],
)
def test_what_roles_imply(names, roles):
    assert granted(names) == roles
