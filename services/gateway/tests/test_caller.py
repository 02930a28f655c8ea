"""`GET /ml/me`."""

from __future__ import annotations

import time

import pytest


@pytest.mark.parametrize(
    ("roles", "implied"), [(["viewer"], ["viewer"]), (["admin"], ["admin", "backend", "operator", "viewer"])]
)
async def test_callers_are_told_their_roles(running, make_token, roles, implied):
    headers = {"Authorization": f"Bearer {make_token('olga', roles=roles)}"}
    told = await (await running.client.get("/ml/me", headers=headers)).json()

    assert (told["user_id"], told["roles"]) == ("olga", implied)
    assert time.time() < told["expires_us"] / 1e6 < time.time() + 700


async def test_who_may_read_nothing_is_refused_in_words(running, make_token):
    answer = await running.client.get("/ml/me", headers={"Authorization": f"Bearer {make_token(roles=['replay'])}"})

    assert answer.status == 403
    assert "`viewer`" in (await answer.json())["detail"]
