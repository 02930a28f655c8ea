"""Who the clients of a backend are, and what is tracked of them."""

from __future__ import annotations

import time

import pytest
from websockets.exceptions import InvalidStatus

from resonance_contracts.topics import USERS_ERASED
from resonance_gateway.people.pseudonyms import Pseudonyms
from resonance_runtime.records import Record


async def test_users_are_known_by_tokens_or_are_anonymous(through, sender, make_token, eventually):
    settings = {"upstream_token_query": "token", "upstream_token_cookie": "session"}
    token = make_token("alice", jti="t-1")
    await through("/chat", settings, additional_headers={"Authorization": f"Bearer {token}"})
    await through(f"/chat?token={token}")
    await through("/chat", additional_headers={"Cookie": f"session={token}"})
    await through("/chat", additional_headers={"Authorization": "Bearer of-the-backend's-own-kind"})
    await through("/chat")
    await eventually(lambda: len(sender.events()) == 8)

    pseudonyms = Pseudonyms("a key of pseudonyms for tests, long enough")
    alice, nobody = pseudonyms.user("alice"), pseudonyms.user("anonymous@127.0.0.1")
    users = [(e["user"], e["kind"], e["token"]) for e in sender.events()]
    known = [(alice, kind, pseudonyms.token("t-1")) for kind in ("connect", "login")]
    assert sorted(users) == sorted([*known * 3, *[(nobody, "connect", "")] * 2])


async def test_where_users_must_be_known_others_are_turned_away(through, make_token, backend):
    settings = {"upstream_auth": "required", "upstream_token_query": "token"}
    with pytest.raises(InvalidStatus) as missing:
        await through("/chat", settings)
    with pytest.raises(InvalidStatus) as wrong:
        await through("/chat", additional_headers={"Authorization": "Bearer nonsense"})
    connection = await through(f"/chat?token={make_token()}")
    await connection.send("x")

    assert await connection.recv() == "x"
    assert [missing.value.response.status_code, wrong.value.response.status_code] == [401, 401]
    assert b"query parameter `token`" in missing.value.response.body
    assert len(backend.connections) == 1


async def test_the_path_is_the_channel_and_the_query_is_not_in_it(through, sender, eventually, kinds):
    connection = await through("/room/" + "x" * 300 + "?token=secret")
    await connection.send("x")
    await eventually(lambda: "message" in kinds())

    assert [e["channel"] for e in sender.events()] == ["", ("/room/" + "x" * 300)[:128]]


async def test_a_connection_by_token_ends_with_it(through, make_token, closed):
    token = make_token(exp=time.time() + 600)
    connection = await through(
        settings={"upstream_auth": "required"}, additional_headers={"Authorization": f"Bearer {token}"}
    )
    (tunnel,) = connection.gateway.proxy.tunnels
    tunnel.expires_us = 0
    connection.gateway.authentication.expiries.sweep()

    assert (await closed(connection))[0] == 3000


async def test_users_have_so_many_connections_and_no_more(through, make_token):
    headers = {"Authorization": f"Bearer {make_token()}"}
    await through(settings={"max_connections_per_user": 2}, additional_headers=headers)
    await through(additional_headers=headers)
    with pytest.raises(InvalidStatus) as refused:
        await through(additional_headers=headers)

    assert refused.value.response.status_code == 429
    assert refused.value.response.headers["Retry-After"]
    assert (await through()).protocol is not None


async def test_who_is_anonymous_has_the_limits_of_an_address(through, sender, eventually, kinds):
    small = {"rate": 1.0, "burst": 2.0, "max_connections_per_user": 1}
    connections = [await through(settings=small) for _ in range(3)]
    for i in range(30):
        await connections[i % 3].send(f"{i}")
    await eventually(lambda: kinds().count("message") == 30)

    assert "limited" not in kinds()


async def test_a_person_who_is_erased_is_closed_and_nothing_is_tracked_after(
    through, sender, eventually, kinds, closed, make_token
):
    headers = {"Authorization": f"Bearer {make_token('alice')}"}
    connection, other = await through(additional_headers=headers), await through()
    await connection.send("one")
    await eventually(lambda: kinds().count("message") == 1)
    erasing = connection.gateway.erasing
    begun = await erasing.begin("alice")
    told = [o.value for o in sender.sent if o.topic is USERS_ERASED]
    await erasing.handle([Record(USERS_ERASED, 0, 0, "id", begun.erased_us, None, told[0], {})])

    assert (await closed(connection))[0] == 3501
    await other.send("two")
    await eventually(lambda: kinds().count("message") == 2 and kinds().count("erased"))
    assert kinds().count("disconnect") == 0
    of_alice = [e["kind"] for e in sender.events() if e["user"] == begun.user_keys[0]]
    assert of_alice[-1] == "erased"
