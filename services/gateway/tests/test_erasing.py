"""`DELETE /ml/users/{id}`: what a gateway tells, closes and forgets, and in which order."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp import WSMsgType

from resonance_contracts.features import WIDTH
from resonance_contracts.pb.resonance.v1 import alert_pb2, detection_pb2, explanation_pb2, features_pb2, people_pb2
from resonance_contracts.topics import (
    ALERTS_ENRICHED,
    ALERTS_RAISED,
    ANOMALIES_DETECTED,
    EXPLANATIONS_PRODUCED,
    FEATURES_COMPUTED,
    LIMITS_ADJUSTED,
    USERS_ERASED,
)
from resonance_gateway.limits.adjustments import Adjustment, Place, Scope, Source
from resonance_gateway.limits.gate import Gate
from resonance_gateway.limits.limiter import Limits, RateLimiter
from resonance_gateway.limits.records import record_of
from resonance_gateway.limits.resends import Resends
from resonance_gateway.people.pseudonyms import AddressKeys, Pseudonyms
from resonance_gateway.people.tombstones import Tombstones
from resonance_gateway.sockets.closing import CloseCode
from resonance_runtime.records import Record

KEY = "a key of pseudonyms for tests, long enough"
NEWER = "another key of pseudonyms, long enough too"
ALICE, BOB = (Pseudonyms(KEY).user(name) for name in ("alice", "bob"))
HOUR_US = 3_600_000_000


async def connect(running, token, **stated):
    socket = await running.client.ws_connect("/ws")
    await socket.send_json({"type": "auth", "token": token, **stated})
    assert (await socket.receive_json(timeout=5))["type"] == "ready"
    return socket


async def closed_with(socket):
    while (message := await socket.receive(timeout=5)).type is WSMsgType.TEXT:
        pass
    assert message.type is WSMsgType.CLOSE
    return message.data


async def ask(running, token, person="alice"):
    return await running.client.delete(f"/ml/users/{person}", headers={"Authorization": f"Bearer {token}"})


async def told(running, sender):
    """What the gateway reads of erasures that were published, as often as it is called."""
    erased = [o.value for o in sender.sent if o.topic is USERS_ERASED]
    await running.gateway.erasing.handle(
        [Record(USERS_ERASED, 0, i, "id", value.erased_us, None, value, {}) for i, value in enumerate(erased)]
    )
    return erased


def found(running, received_us):
    """Everything that could be known of both users, received at this time."""
    take = running.gateway.newsroom.take
    for key in (ALICE, BOB):
        times = {"first_received_us": received_us, "last_received_us": received_us}
        anomaly = detection_pb2.Anomaly(vector_id=f"v_{key}", user_key=key, end_us=received_us, **times)
        alert = detection_pb2.Alert(alert_id=f"i_{key}", user_key=key, opened_us=received_us, **times)
        take(ANOMALIES_DETECTED, anomaly)
        take(ALERTS_RAISED, alert)
        take(EXPLANATIONS_PRODUCED, explanation_pb2.Explanation(vector_id=f"v_{key}", user_key=key, anomaly=anomaly))
        take(ALERTS_ENRICHED, alert_pb2.EnrichedAlert(alert_id=f"i_{key}", alert=alert))
        vectors = features_pb2.VectorBatch(
            stream="live", width=WIDTH, vector_id=[f"v_{key}"], user_key=[key], ordinal=[1], start_us=[1], end_us=[2],
            values=[0.0] * WIDTH, first_received_us=[received_us], last_received_us=[received_us],
        )  # fmt: skip
        take(FEATURES_COMPUTED, vectors)


def known(running):
    """Users of whom something is remembered."""
    recent = running.gateway._recent
    owners = {
        *(v.user_key for v in recent.vectors.newest_first()),
        *(a.user_key for a in recent.anomalies.newest_first()),
        *(a.user_key for a in recent.alerts.newest_first()),
        *(e.user_key for e in recent.explanations.newest_first()),
        *(e.alert.user_key for e in recent.enriched.newest_first()),
    }
    return {name for name, key in (("alice", ALICE), ("bob", BOB)) if key in owners}


async def test_it_is_told_stored_and_answered_with_the_stated_time(running, sender, make_token):
    answer = await ask(running, make_token("root", roles=["admin"]))
    assert [e["user"] for e in sender.events() if e["kind"] == "erased"] == [ALICE], "it is stored once it is answered"
    again = await ask(running, make_token("root", roles=["admin"]), ALICE)

    assert (answer.status, again.status) == (202, 202)
    told, repeated = await answer.json(), await again.json()
    assert told["user_keys"] == [ALICE]
    assert (told["within_s"], told["snapshots_within_s"], told["log_within_days"]) == (60, 600, 33)
    assert told["erasure_id"] == repeated["erasure_id"]
    published = [o for o in sender.sent if o.topic is USERS_ERASED]
    assert [o.value for o in published] == [
        people_pb2.UserErased(user_key=ALICE, erased_us=t["erased_us"], erasure_id=t["erasure_id"])
        for t in (told, repeated)
    ]
    assert len({o.id for o in published}) == 2
    assert "alice" not in str([o for o in sender.sent])


@pytest.mark.parametrize("roles", [[], ["viewer"], ["operator"], ["backend"]])
async def test_only_admins_may(running, sender, make_token, roles):
    answer = await ask(running, make_token("root", roles=roles))

    assert answer.status == 403
    assert not [o for o in sender.sent if o.topic is USERS_ERASED]


async def test_while_the_broker_is_away_nothing_is_promised(running, sender, make_token):
    sender.failures = 1

    answer = await ask(running, make_token("root", roles=["admin"]))

    assert answer.status == 503


async def test_connections_of_the_person_are_closed_and_nothing_is_tracked_after(
    running, sender, make_token, eventually
):
    first, second, other = [await connect(running, make_token(name)) for name in ("alice", "alice", "bob")]
    await first.send_json({"type": "message", "data": 1})
    await eventually(lambda: [e for e in sender.events() if e["kind"] == "message"])
    await ask(running, make_token("root", roles=["admin"]))
    await told(running, sender)

    assert [await closed_with(socket) for socket in (first, second)] == [CloseCode.ERASED] * 2
    await eventually(lambda: len(running.gateway.sockets) == 1)
    await other.send_json({"type": "message", "data": 1})
    await eventually(lambda: [e for e in sender.events() if e["user"] == BOB and e["kind"] == "message"])
    await eventually(lambda: [e for e in sender.events() if e["kind"] == "erased"])
    of_alice = [e for e in sender.events() if e["user"] == ALICE]
    assert [e["kind"] for e in of_alice].count("disconnect") == 0
    assert of_alice[-1]["kind"] == "erased"
    assert (of_alice[-1]["address"], of_alice[-1]["token"], of_alice[-1]["channel"]) == ("", "", "")
    await other.close()


async def test_every_replay_is_told_and_its_time_does_not_move(running, sender, make_token, eventually):
    token = make_token("carol", roles=["replay"])
    replay = await connect(running, token, stream="r1", time=1000.0)
    await replay.send_json({"type": "message", "data": 1, "time": 1100.0})
    await eventually(lambda: [e for e in sender.events() if e["kind"] == "message"])
    await ask(running, make_token("root", roles=["admin"]))
    await told(running, sender)

    await eventually(lambda: len([e for e in sender.events() if e["kind"] == "erased"]) == 2)
    erased = {e["stream"]: e for e in sender.events() if e["kind"] == "erased"}
    assert set(erased) == {"live", "replay:r1"}
    assert erased["replay:r1"]["time_us"] <= 1_100_000_000
    assert max(b.watermark_us for b in sender.batches() if b.stream == "replay:r1") < 1_100_000_000
    await replay.close()


async def test_what_was_found_is_forgotten_and_does_not_come_back_when_the_past_is_read_again(
    running, sender, make_token
):
    before_us = running.gateway.clock.now_us()
    found(running, before_us)
    assert known(running) == {"alice", "bob"}
    await ask(running, make_token("root", roles=["admin"]))
    await told(running, sender)

    assert known(running) == {"bob"}
    found(running, before_us)
    assert known(running) == {"bob"}
    found(running, before_us + HOUR_US)
    assert known(running) == {"alice", "bob"}, "who comes back is somebody new"


async def test_who_it_was_is_not_known_any_more_and_who_comes_back_begins_anew(running, sender, make_token, eventually):
    socket = await connect(running, make_token("alice"))
    directory = running.gateway._directory
    assert directory.user_id(ALICE) == "alice"
    await ask(running, make_token("root", roles=["admin"]))
    await told(running, sender)

    assert directory.user_id(ALICE) is None
    assert await closed_with(socket) == CloseCode.ERASED
    again = await connect(running, make_token("alice"))
    await again.send_json({"type": "message", "data": 1})
    await eventually(lambda: [e for e in sender.events() if e["kind"] == "message"])
    kinds = [e["kind"] for e in sender.events() if e["user"] == ALICE]
    assert kinds[kinds.index("erased") + 1 :] == ["connect", "login", "message"]
    await again.close()


async def test_all_pseudonyms_of_the_person_are_erased(start_gateway, sender, make_token):
    running = await start_gateway(pseudonym_keys=f"b:{NEWER}".replace(",", "."))
    by_id = await (await ask(running, make_token("root", roles=["admin"]))).json()
    newest, oldest = by_id["user_keys"]
    assert (newest[:4], oldest) == ("u_b_", ALICE)
    socket = await connect(running, make_token("alice"))
    by_pseudonym = await (await ask(running, make_token("root", roles=["admin"]), newest)).json()

    assert by_pseudonym["user_keys"] == [newest, oldest]
    assert by_pseudonym["erasure_id"] == by_id["erasure_id"]
    assert [v.user_key for v in await told(running, sender)] == [newest, oldest] * 2
    assert await closed_with(socket) == CloseCode.ERASED


async def test_an_erasure_of_long_ago_is_known_but_not_said_again(running, sender, eventually):
    gateway = running.gateway
    now_us = gateway.clock.now_us()
    old, recent = (
        people_pb2.UserErased(user_key=key, erased_us=us) for key, us in ((ALICE, now_us - 2 * HOUR_US), (BOB, now_us))
    )
    await gateway.erasing.handle(
        [Record(USERS_ERASED, 0, i, "id", now_us, None, value, {}) for i, value in enumerate((old, recent))]
    )

    await eventually(lambda: [e["user"] for e in sender.events()] == [BOB])
    await asyncio.sleep(0)
    assert gateway.erasing.erasures.covers(ALICE, now_us - 3 * HOUR_US)
    assert not gateway.erasing.erasures.covers(ALICE, now_us)


def test_limits_of_the_person_are_forgotten(gate):
    gate.adjust(Adjustment(Place(Scope.USER, ALICE, Source.OPERATOR), Limits(0.0, 1.0), "why", 1, 0), 2)
    held = gate.user(ALICE, 2)
    assert held.limits.blocked
    gate.forget(ALICE)
    gate.release(held)

    assert len(gate) == len(gate.adjustments) == 0
    assert not gate.user(ALICE, 3).limits.blocked


@pytest.fixture
def gate():
    return Gate(Limits(10.0, 10.0), Limits(10.0, 10.0), AddressKeys(Pseudonyms(KEY)))


def test_what_was_judged_on_replays_is_forgotten():
    limiter, resends = RateLimiter(Limits(1.0, 1.0)), Resends()
    for key in (ALICE, BOB):
        limiter.take(f"replay:r/{key}", 1)
        resends.note(f"replay:r/{key}/s", 1, 0.0)
    limiter.forget(ALICE)
    resends.forget(ALICE)

    assert (limiter.take(f"replay:r/{ALICE}", 1), limiter.take(f"replay:r/{BOB}", 1) > 0) == (0.0, True)
    assert (resends.recall(f"replay:r/{ALICE}/s", 1), resends.recall(f"replay:r/{BOB}/s", 1)) == (None, 0.0)


async def test_limits_are_buried_in_their_topic():
    class Grave:
        def __init__(self):
            self.sent = []

        async def send_raw(self, topic, key, value, headers):
            self.sent.append((topic, key, value))

    grave = Grave()
    await Tombstones(grave).bury([ALICE])

    assert {(topic, value) for topic, _, value in grave.sent} == {(LIMITS_ADJUSTED.name, None)}
    assert {key for _, key, _ in grave.sent} == {Place(Scope.USER, ALICE, source).record_key for source in Source}


async def test_what_a_backend_tells_late_of_the_time_before_becomes_nothing(running, sender, make_token, eventually):
    token, gateway = make_token("shop", roles=["backend"]), running.gateway
    headers = {"Authorization": f"Bearer {token}"}
    now_us = gateway.clock.now_us()

    async def tell(sequence, time_us):
        event = {"sequence": sequence, "user_id": "alice", "time": time_us / 1e6}
        answer = await running.client.post("/ml/activity", json={"source": "s", "events": [event]}, headers=headers)
        assert (await answer.json())["refused"] == []

    await tell(1, now_us - 60_000_000)
    await ask(running, make_token("root", roles=["admin"]))
    await told(running, sender)
    await tell(2, now_us - 30_000_000)
    await tell(3, now_us + 30_000_000)

    await eventually(lambda: [e for e in sender.events() if e["sequence"] == 3])
    of_alice = [(e["kind"], e["sequence"]) for e in sender.events() if e["user"] == ALICE and e["stream"] == "live"]
    assert [sequence for kind, sequence in of_alice if kind == "message"] == [1, 3]
    assert of_alice.count(("erased", 1)) == 2, "on the way of connections and on that of backends"
    assert gateway._directory.user_id(ALICE) == "alice"


async def test_limits_of_before_are_not_in_force_again_when_they_are_read_again(running, sender, make_token):
    gateway = running.gateway
    before_us = gateway.clock.now_us()
    block = Adjustment(Place(Scope.USER, ALICE, Source.OPERATOR), Limits(0.0, 1.0), "why", before_us, 0)
    past = [Record(LIMITS_ADJUSTED, 0, 0, "id", before_us, None, record_of(block).value, {})]
    await gateway.limits.handle(past)
    assert gateway.gate.in_force(ALICE, before_us)[0].blocked
    await ask(running, make_token("root", roles=["admin"]))

    assert not gateway.gate.in_force(ALICE, before_us)[0].blocked
    await gateway.limits.handle(past)
    assert not gateway.gate.in_force(ALICE, before_us)[0].blocked
