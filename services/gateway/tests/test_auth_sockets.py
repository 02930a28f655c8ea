"""Tokens on open connections: they expire, are renewed, and their keys may come late."""

from __future__ import annotations

import asyncio
import time

import pytest
from aiohttp import WSMsgType, WSServerHandshakeError
from prometheus_client import REGISTRY

from resonance_gateway.auth import expiry, files
from resonance_gateway.auth.expiry import Expiries
from resonance_gateway.auth.principal import NEVER_US
from resonance_gateway.errors import KeysAway, NotAuthenticated
from resonance_gateway.sockets.closing import CloseCode
from services.gateway.tests.issuers import EC_KEY, RSA_KEY, key_set, public, signed

SOON_S, LATE_S = 600, 6000


@pytest.fixture
async def begun(start_gateway, monkeypatch):
    """Starts a gateway whose authentication runs, and looks often; settings by keyword."""
    monkeypatch.setattr(expiry, "SWEEP_S", 0.02)
    parts = []

    async def start(**settings):
        running = await start_gateway(**settings)
        parts.append(running.gateway.authentication)
        if parts[-1]._issuer is not None:
            parts[-1]._issuer._pause_s = 0.05
        await parts[-1].start()
        return running

    yield start
    for part in parts:
        await part.stop()


async def connect(running, token, **stated):
    socket = await running.client.ws_connect("/ws")
    await socket.send_json({"type": "auth", "token": token, **stated})
    return socket, await socket.receive_json(timeout=10)


def pass_time(running, seconds):
    """Tokens that are good for so long expire now, with the tolerance of clocks and some more."""
    expiries = running.gateway.authentication.expiries
    expiries._now_us = lambda: int((time.time() + seconds + 30) * 1_000_000)


async def told(socket, frame):
    await socket.send_json(frame)
    return await socket.receive_json(timeout=10)


async def closed_with(socket):
    while (message := await socket.receive(timeout=10)).type is WSMsgType.TEXT:
        pass
    return message.data


class TestExpiry:
    async def test_a_connection_ends_with_its_token_and_no_other_does(self, begun, make_token, sender, eventually):
        running = await begun()
        going, _ = await connect(running, make_token("alice", exp=time.time() + SOON_S))
        staying, _ = await connect(running, make_token("bob", exp=time.time() + LATE_S))
        assert await told(going, {"type": "ping"}) == {"type": "pong"}
        pass_time(running, SOON_S)

        assert await closed_with(going) == CloseCode.TOKEN_EXPIRED
        await eventually(lambda: [e["kind"] for e in sender.events()].count("disconnect") == 1)
        assert await told(staying, {"type": "ping"}) == {"type": "pong"}
        await staying.close()

    async def test_a_reader_of_alerts_is_closed_too(self, begun, make_token, eventually):
        running = await begun()
        token = make_token("olga", roles=["operator"], exp=time.time() + SOON_S)
        socket = await running.client.ws_connect(f"/ws/alerts?token={token}")
        pass_time(running, SOON_S)

        assert await closed_with(socket) == CloseCode.TOKEN_EXPIRED
        await eventually(lambda: not running.gateway.streams.connections)

    async def test_a_connection_whose_client_takes_nothing_holds_up_nobody(self, eventually):
        class Stuck:
            def __init__(self, expires_us):
                self.expires_us = expires_us
                self.asked = 0

            async def expire(self):
                self.asked += 1
                await asyncio.Event().wait()

        class Quick(Stuck):
            async def expire(self):
                self.asked += 1
                connections.discard(self)

        stuck, quick, later, never = Stuck(5), Quick(6), Quick(20), Quick(NEVER_US)
        connections = {stuck, quick, later, never}
        now = [10]
        expiries = Expiries(lambda: now[0])
        expiries.watch(connections)
        expiries.sweep()
        await eventually(lambda: quick.asked)
        now[0] = 21
        expiries.sweep()
        await eventually(lambda: later.asked)

        assert (stuck.asked, quick.asked, later.asked, never.asked) == (1, 1, 1, 0)
        assert connections == {stuck, never}
        for task in expiries._closing.values():
            task.cancel()
        await expiries.stop()


class TestRenewal:
    async def test_a_new_token_keeps_the_connection(self, begun, make_token, sender, eventually):
        running = await begun()
        socket, _ = await connect(running, make_token("alice", exp=time.time() + SOON_S))
        expires = int(time.time()) + LATE_S

        answer = await told(socket, {"type": "auth", "token": make_token("alice", exp=expires, jti="token-2")})
        assert answer == {"type": "renewed", "expires": expires + 5}
        pass_time(running, SOON_S)
        await asyncio.wait_for(_swept_twice(running), 10)
        await socket.send_json({"type": "message", "data": 1})
        assert await told(socket, {"type": "ping"}) == {"type": "pong"}
        await socket.close()

        await eventually(lambda: len(sender.events()) == 4)
        connect_event, _, message, _ = sender.events()
        assert [e["kind"] for e in sender.events()] == ["connect", "login", "message", "disconnect"]
        assert message["sequence"] == 1
        assert message["user"] == connect_event["user"] and message["token"] != connect_event["token"]

    @pytest.fixture
    def opened(self, make_protocol, make_token):
        def open_one(**claims):
            protocol = make_protocol()
            protocol.received(_auth(make_token(**claims)), NOW)
            return protocol

        return open_one

    @pytest.mark.parametrize(
        ("frame", "code"),
        [
            ({"sub": "mallory"}, "not_authenticated"),
            ({"exp": 1}, "not_authenticated"),
            ({"secret": "another secret, also long enough for it"}, "not_authenticated"),
        ],
    )
    def test_a_token_that_is_not_accepted_leaves_the_old_one_in_force(self, opened, make_token, frame, code):
        protocol = opened()
        principal = protocol.session.principal
        (effect,) = protocol.received(_auth(make_token(**frame)), NOW)

        assert effect.error == code
        assert protocol.session.principal is principal

    def test_fields_of_the_first_frame_are_refused(self, opened, make_token):
        (effect,) = opened().received(_auth(make_token(), ', "stream": "x"'), NOW)

        assert effect.error == "not_allowed"

    def test_a_replay_must_keep_its_role(self, make_protocol, make_token):
        protocol = make_protocol()
        protocol.received(_auth(make_token(roles=["replay"]), ', "stream": "x", "time": 1'), NOW)
        (refused,) = protocol.received(_auth(make_token()), NOW)
        renewed = protocol.received(_auth(make_token(roles=["replay"])), NOW + SECOND)

        assert refused.error == "not_authenticated"
        assert '"renewed"' in renewed[1].text

    def test_tokens_are_not_checked_again_and_again(self, opened, make_token):
        protocol = opened()
        protocol.received(_auth(make_token()), NOW)
        (refused,) = protocol.received(_auth(make_token()), NOW + SECOND // 2)

        assert refused.error == "rate_limited" and '"retry_after":0.5' in refused.text
        assert '"renewed"' in protocol.received(_auth(make_token()), NOW + SECOND)[1].text

    def test_channels_that_the_new_token_does_not_open_are_left(self, opened, make_token):
        protocol = opened()
        protocol.received('{"type": "subscribe", "channels": ["news", "chat"]}', NOW)
        effects = protocol.received(_auth(make_token(subscribe=["news"])), NOW)

        assert [tuple(e.channels) for e in effects if type(e).__name__ == "Leave"] == [("chat",)]
        assert set(protocol.session.subscriptions) == {"news"}


async def test_all_that_settings_name_is_accepted(begun, tmp_path, monkeypatch, eventually):
    monkeypatch.setattr(files, "LOOK_S", 0.02)
    path = tmp_path / "keys.json"
    path.write_bytes(key_set(public(RSA_KEY, kid="one")))
    secrets = ["the first secret of before, long enough", "the second secret of before, long enough"]
    running = await begun(
        jwks_file=path,
        jwt_previous_secrets="\n".join(secrets),
        jwt_issuer="https://one, https://two",
        jwt_audience="us",
    )
    stated = {"iss": "https://two", "aud": ["us"]}
    authenticator = running.gateway.authentication.authenticator

    for token in (signed(RSA_KEY, "RS256", "one", **stated), *(signed(s, "HS256", **stated) for s in secrets)):
        socket, answer = await connect(running, token)
        assert answer["type"] == "ready"
        await socket.close()
    with pytest.raises(NotAuthenticated):
        authenticator.principal(signed(RSA_KEY, "RS256", "one"))

    path.write_bytes(key_set(public(EC_KEY, kid="two")))
    await eventually(lambda: authenticator._issued.candidates("ES256", "two"))
    assert authenticator.principal(signed(EC_KEY, "ES256", "two", **stated)).user_id == "alice"


class TestLateKeys:
    @pytest.fixture
    async def running(self, begun, issuer):
        return await begun(jwt_secret=None, jwks_url=issuer.url)

    @pytest.mark.parametrize("by", ["frame", "header"])
    async def test_the_first_client_brings_the_keys(self, running, by):
        token = signed(RSA_KEY, "RS256", "one")
        if by == "frame":
            socket, answer = await connect(running, token)
        else:
            socket = await running.client.ws_connect("/ws", headers={"Authorization": f"Bearer {token}"})
            answer = await socket.receive_json(timeout=10)

        assert answer["type"] == "ready"
        await socket.close()

    async def test_keys_rotate_under_open_connections(self, running, issuer, sender, eventually):
        socket, _ = await connect(running, signed(RSA_KEY, "RS256", "one"))
        issuer.document = key_set(public(RSA_KEY, kid="one"), public(EC_KEY, kid="two"))
        await socket.send_json({"type": "message", "data": 1})

        answer = await told(socket, {"type": "auth", "token": signed(EC_KEY, "ES256", "two")})
        assert answer["type"] == "renewed"
        await socket.close()
        await eventually(lambda: len(sender.events()) == 4)

    async def test_who_may_pass_later_is_told_to_come_later(self, running, issuer):
        issuer.status = 500
        socket, answer = await connect(running, signed(RSA_KEY, "RS256", "one"))

        assert answer["code"] == "not_authenticated" and "try again later" in answer["message"]
        assert await closed_with(socket) == CloseCode.TRY_LATER

    async def test_an_unknown_key_is_refused_for_good(self, running):
        socket, _ = await connect(running, signed(EC_KEY, "ES256", "two"))

        assert await closed_with(socket) == CloseCode.NOT_AUTHENTICATED

    async def test_rest_and_alerts_wait_as_well(self, running, issuer):
        token = signed(RSA_KEY, "RS256", "one", roles=["operator"])
        headers = {"Authorization": f"Bearer {token}"}
        socket = await running.client.ws_connect("/ws/alerts", headers=headers)
        await socket.close()
        assert (await running.client.get("/ml/status", headers=headers)).status == 200

        issuer.status = 500
        unknown = signed(EC_KEY, "ES256", "two", roles=["operator"])
        answer = await running.client.get("/ml/status", headers={"Authorization": f"Bearer {unknown}"})
        assert answer.status == 503 and "Retry-After" in answer.headers
        with pytest.raises(WSServerHandshakeError) as refused:
            await running.client.ws_connect(f"/ws/alerts?token={unknown}")
        assert refused.value.status == 503

    def test_a_stop_while_a_key_is_awaited_opens_nothing(self, make_protocol, make_token):
        protocol = make_protocol()
        protocol._doorkeeper.knows = lambda _: False
        (prepare,) = protocol.received(_auth(make_token()), NOW)
        protocol.shutting_down()

        assert prepare.token
        assert protocol.prepared(NOW) == [] and protocol.session is None

    def test_a_renewal_whose_key_is_away_changes_nothing(self, make_protocol, make_token):
        protocol = make_protocol()
        protocol.received(_auth(make_token()), NOW)
        protocol._doorkeeper.knows = lambda _: False
        protocol.received(_auth(make_token()), NOW)
        (effect,) = protocol.prepared(NOW, KeysAway("Away; try again later."))

        assert effect.error == "not_authenticated"
        assert protocol.session is not None


NOW = 1_700_000_000_000_000
SECOND = 1_000_000


def _auth(token, more=""):
    return f'{{"type": "auth", "token": "{token}"{more}}}'


async def _swept_twice(running):
    """Returns once the sweep looked at all connections two more times."""
    expiries = running.gateway.authentication.expiries
    looks = 0

    class Counting:
        def __iter__(self):
            nonlocal looks
            looks += 1
            return iter(())

        def __len__(self):
            return 0

        def __contains__(self, _):
            return False

    expiries.watch(Counting())
    while looks < 2:
        await asyncio.sleep(0.01)


def test_metrics_name_nobody():
    for metric in REGISTRY.collect():
        for sample in metric.samples:
            assert not {"user", "token", "address", "kid", "name"} & set(sample.labels)
