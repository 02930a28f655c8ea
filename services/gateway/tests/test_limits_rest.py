"""`/ml/limits`, limits of REST callers, and limits on open sockets, as clients see them."""

from __future__ import annotations

import pytest

from resonance_contracts.topics import LIMITS_ADJUSTED
from resonance_gateway.limits.records import adjustment_of
from resonance_gateway.people.pseudonyms import Pseudonyms
from resonance_runtime import metrics
from resonance_runtime.errors import Reject
from resonance_runtime.records import Record

PSEUDONYMS = Pseudonyms("a key of pseudonyms for tests, long enough")
ALICE = PSEUDONYMS.user("alice")


def records(sender, since=0):
    """Adjustments that were published, as a reader gets them."""
    sent = [one for one in sender.sent if one.topic is LIMITS_ADJUSTED]
    return [
        Record(one.topic, 0, i, one.id, one.time_us, one.key, one.topic.message.FromString(one.encoded()), {})
        for i, one in enumerate(sent)
    ][since:]


@pytest.fixture
def ask(make_token):
    def asking(running, method, path, role="operator", **body):
        headers = {"Authorization": f"Bearer {make_token('boss', roles=[role])}"}
        return running.client.request(method, path, headers=headers, json=body or None)

    return asking


async def connect(running, token):
    socket = await running.client.ws_connect("/ws")
    await socket.send_json({"type": "auth", "token": token})
    ready = await socket.receive_json(timeout=5)
    assert ready["type"] == "ready"
    return socket, ready


async def limited(socket):
    """The answer to a frame that is limited, or None where it passed."""
    await socket.send_json({"type": "message", "data": 1})
    await socket.send_json({"type": "ping"})
    answer = await socket.receive_json(timeout=5)
    if answer["type"] == "pong":
        return None
    assert (await socket.receive_json(timeout=5))["type"] == "pong"
    return answer


async def test_what_a_user_may_send_and_why(running, ask):
    answer = await ask(running, "GET", "/ml/limits/alice", role="viewer")

    assert await answer.json() == {
        "scope": "user", "key": ALICE, "rate": 10.0, "burst": 100.0, "blocked": False,
        "source": "settings", "adjustments": [],
    }  # fmt: skip


@pytest.mark.parametrize("user", ["alice", ALICE])
async def test_an_operator_sets_a_limit_and_takes_it_back(running, ask, sender, user):
    body = {"rate": 1.5, "burst": 3, "expires_s": 60, "reason": "floods the channel"}
    answer = await ask(running, "PUT", f"/ml/limits/{user}", **body)
    said = await answer.json()
    assert (answer.status, said["rate"], said["source"]) == (200, 1.5, "operator")
    assert said["adjustments"][0]["expires_us"] - said["adjustments"][0]["adjusted_us"] == 60_000_000

    (set_,) = records(sender)
    assert set_.key == f"user/{ALICE}/operator".encode()
    await running.gateway.limits.handle([set_])
    shown = await (await ask(running, "GET", "/ml/limits/alice", role="viewer")).json()
    assert shown == said

    assert (await ask(running, "DELETE", f"/ml/limits/{user}")).status == 204
    await running.gateway.limits.handle(records(sender, 1))
    assert (await (await ask(running, "GET", "/ml/limits/alice")).json())["source"] == "settings"
    assert (await ask(running, "DELETE", f"/ml/limits/{user}")).status == 404


async def test_addresses_have_limits_too(running, ask, sender):
    put = await ask(running, "PUT", "/ml/limits/addresses/2001:db8::7", rate=0, reason="scanner")
    assert (await put.json())["blocked"] is True
    await running.gateway.limits.handle(records(sender))

    shown = await (await ask(running, "GET", "/ml/limits/addresses/2001:db8::ffff")).json()

    assert (shown["scope"], shown["blocked"]) == ("address", True)
    assert shown["key"] == PSEUDONYMS.address("2001:db8::/64")


@pytest.mark.parametrize(
    "body",
    [
        {"rate": -1, "reason": "x"},
        {"rate": 1e9, "reason": "x"},
        {"rate": 1, "burst": 0, "reason": "x"},
        {"rate": 1, "reason": ""},
        {"rate": 1},
        {"rate": 1, "expires_s": 0.5, "reason": "x"},
        {"rate": 1, "expires_s": 1e9, "reason": "x"},
        {"rate": 1, "reason": "x" * 501},
        {"rate": 1, "reason": "x", "more": 1},
    ],
)
async def test_limits_that_make_no_sense_are_refused(running, ask, sender, body):
    assert (await ask(running, "PUT", "/ml/limits/alice", **body)).status == 422
    assert records(sender) == []


async def test_viewers_only_look(running, ask, sender):
    put = await ask(running, "PUT", "/ml/limits/alice", role="viewer", rate=1, reason="x")
    delete = await ask(running, "DELETE", "/ml/limits/alice", role="viewer")

    assert (put.status, delete.status, records(sender)) == (403, 403, [])


async def test_a_published_limit_is_in_force_on_a_connection_that_is_open(running, ask, sender, make_token):
    socket, ready = await connect(running, make_token("alice"))
    assert (ready["limits"]["rate"], await limited(socket)) == (10, None)

    await ask(running, "PUT", "/ml/limits/alice", rate=0, expires_s=600, reason="stolen token")
    await running.gateway.limits.handle(records(sender))

    answer = await limited(socket)
    assert (answer["code"], answer["retry_after"]) == ("rate_limited", pytest.approx(600, abs=30))
    assert "blocked" in answer["message"]
    _, told = await connect(running, make_token("alice"))
    assert told["limits"]["rate"] == 0

    await ask(running, "DELETE", "/ml/limits/alice")
    await running.gateway.limits.handle(records(sender, 1))
    assert await limited(socket) is None


async def test_all_users_of_an_address_share_its_limit(start_gateway, make_token, sender, eventually):
    running = await start_gateway(address_rate=0.001, address_burst=2)
    before = metrics.GATEWAY_LIMITED.labels(scope="address", reason="rate")._value.get()
    (alice, _), (bob, _) = [await connect(running, make_token(name)) for name in ("alice", "bob")]

    assert [await limited(alice), await limited(bob)] == [None, None]
    answer = await limited(bob)

    assert (answer["code"], "address" in answer["message"]) == ("rate_limited", True)
    assert metrics.GATEWAY_LIMITED.labels(scope="address", reason="rate")._value.get() == before + 1
    await eventually(lambda: [e["kind"] for e in sender.events()].count("limited") == 1)


async def test_a_user_with_too_many_connections_is_counted(start_gateway, make_token):
    running = await start_gateway(max_connections_per_user=1)
    before = metrics.GATEWAY_LIMITED.labels(scope="user", reason="connections")._value.get()
    await connect(running, make_token("alice"))
    socket = await running.client.ws_connect("/ws")
    await socket.send_json({"type": "auth", "token": make_token("alice")})

    assert (await socket.receive_json(timeout=5))["code"] == "too_many_connections"
    assert metrics.GATEWAY_LIMITED.labels(scope="user", reason="connections")._value.get() == before + 1


async def test_callers_of_rest_are_limited_each_and_told_how_long(start_gateway, make_token):
    running = await start_gateway(request_rate=0.1, request_burst=2)

    async def status(name):
        token = make_token(name, roles=["viewer"])
        return await running.client.get("/ml/limits/alice", headers={"Authorization": f"Bearer {token}"})

    answers = [await status("a") for _ in range(3)]

    assert [answer.status for answer in answers] == [200, 200, 429]
    assert 1 <= int(answers[2].headers["Retry-After"]) <= 10
    assert (await answers[2].json())["title"] == "Too many requests"
    assert (await status("b")).status == 200


async def test_one_caller_may_ask_for_more_at_once_than_fits_when_its_bucket_is_full(start_gateway):
    callers = (await start_gateway(request_rate=1, request_burst=10)).gateway.callers

    callers.take("u_a", 25)
    with pytest.raises(Exception, match="Too many requests") as refused:
        callers.take("u_a")

    assert refused.value.retry_after_s == pytest.approx(16, abs=1)


async def test_an_absurd_record_is_refused_and_changes_nothing(running, ask, sender):
    await ask(running, "PUT", "/ml/limits/alice", rate=1, reason="x")
    (record,) = records(sender)
    record.value.rate = -5

    with pytest.raises(Reject, match="rate is -5"):
        await running.gateway.limits.handle([record])
    with pytest.raises(Reject):
        adjustment_of(record.value, record.time_us)
    assert running.gateway.gate.in_force(ALICE, record.time_us)[1] is None
