"""`POST /ml/activity` on a gateway that serves: what is stored, what is refused, and that a repeat counts once."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from resonance_contracts.features import INDEX, WIDTH
from resonance_contracts.pb.resonance.v1 import activity_pb2, features_pb2
from resonance_feature_extractor.engine import PartitionEngine
from resonance_gateway.people.pseudonyms import Pseudonyms
from resonance_gateway.tracking.tracker import Tracker

PSEUDONYMS = Pseudonyms("a key of pseudonyms for tests, long enough")


def told(sequence: int, user: str = "anna", **fields: Any) -> dict[str, Any]:
    """One event."""
    return {"sequence": sequence, "user_id": user, "message_size": 10, **fields}


def batch(*events: dict[str, Any], source: str = "shop-1", **fields: Any) -> dict[str, Any]:
    """One batch."""
    return {"source": source, "events": list(events), **fields}


@pytest.fixture
def post(running: Any, make_token: Any) -> Any:
    """Posts a batch as a backend; gives status, answer and headers."""

    async def send(body: Any, roles: Any = ("backend",), sub: str = "shop") -> tuple[int, Any, Any]:
        headers = {"Authorization": f"Bearer {make_token(sub, roles=list(roles))}"}
        async with running.client.post("/ml/activity", json=body, headers=headers) as response:
            return response.status, await response.json(content_type=None), response.headers

    return send


def engines(running: Any) -> list[Any]:
    """Vectors of everything that was stored, each partition through its own engine: user, ordinal, end, values."""
    by_partition: dict[int, PartitionEngine] = {}
    found = []
    watermark_us = time.time_ns() // 1000 + 10**9
    values = [
        (o.partition, o.value.SerializeToString())
        for o in running.sender.sent
        if isinstance(o.value, activity_pb2.ActivityBatch)
    ]
    ends = [
        (p, activity_pb2.ActivityBatch(stream="live", origin="end", watermark_us=watermark_us).SerializeToString())
        for p in {p for p, _ in values}
    ]
    for partition, value in [*values, *ends]:
        engine = by_partition.setdefault(partition, PartitionEngine())
        for record in map(features_pb2.VectorBatch.FromString, engine.apply(value)):
            for i, user in enumerate(record.user_key):
                row = tuple(record.values[i * WIDTH : (i + 1) * WIDTH])
                found.append((user, record.ordinal[i], record.end_us[i], row))
    return found


async def test_a_batch_is_stored_under_its_numbers_before_it_is_answered(running: Any, post: Any) -> None:
    now = time.time()
    events = [
        told(3, channels=["a"], ip_address="192.0.2.1", token_id="t", time=now - 2),
        told(7, user="berta", kind="login", error=True),
    ]
    status, answer, _ = await post(batch(*events))
    assert (status, answer) == (200, {"accepted": 2, "refused": []})
    stored = {e["sequence"]: e for e in running.sender.events()}
    anna, berta, shop = (PSEUDONYMS.user(name) for name in ("anna", "berta", "shop"))
    assert (stored[3]["user"], stored[3]["kind"], stored[3]["size"]) == (anna, "message", 10)
    assert (stored[3]["address"], stored[3]["token"]) == (PSEUDONYMS.address("192.0.2.1"), PSEUDONYMS.token("t"))
    assert stored[3]["channel"] == "a" and stored[3]["time_us"] == pytest.approx((now - 2) * 1e6, abs=1)
    assert (stored[7]["user"], stored[7]["kind"], stored[7]["error"]) == (berta, "login", True)
    assert stored[7]["time_us"] == pytest.approx(time.time() * 1e6, abs=60e6)
    assert {e["source"] for e in stored.values()} == {f"backend/{shop}/shop-1"}
    written = b"".join(o.encoded() for o in running.sender.sent)
    assert not any(name.encode() in written for name in ("anna", "berta", "192.0.2.1"))


async def test_what_backends_tell_goes_its_own_way_and_promises_no_watermark(running: Any, post: Any) -> None:
    await post(batch(told(1, time=time.time() + 250), told(2)))
    batches = running.sender.batches()
    assert {b.clock for b in batches} == {activity_pb2.CLOCK_KIND_BACKEND}
    assert {b.stream for b in batches} == {"live"} and {b.watermark_us for b in batches} == {0}


async def test_a_repeat_counts_once_and_is_answered_the_same(
    running: Any, post: Any, start_gateway: Any, make_token: Any
) -> None:
    now = time.time()
    body = batch(*(told(n, time=now + n / 1000) for n in range(1, 26)), told(26, time=now - 1000), told(25))
    first = await post(body)
    assert first[1]["accepted"] == 25 and [r["index"] for r in first[1]["refused"]] == [25, 26]
    once = engines(running)
    assert (await post(body))[:2] == first[:2]
    assert len(running.sender.events()) == 25, "a batch that is known is not stored again"

    # A replica, which does not know the batch, stores it again.
    replica = await start_gateway()
    headers = {"Authorization": f"Bearer {make_token('shop', roles=['backend'])}"}
    async with replica.client.post("/ml/activity", json=body, headers=headers) as response:
        assert (await response.json())["accepted"] == 25
    assert len(running.sender.events()) == 50
    assert engines(running) == once
    assert once[-1][3][INDEX["messages_per_minute"]] == 25


async def test_bad_events_are_named_by_index_and_the_rest_is_stored(running: Any, post: Any) -> None:
    now = time.time()
    bad: list[tuple[dict[str, Any], str, str]] = [
        ({"sequence": 1}, "malformed", "user_id or user_key"),
        (told(2, message_size=-1), "malformed", "message_size: Input should be greater than or equal to 0"),
        (told(2, kind="shout"), "malformed", "kind: Input should be 'message'"),
        (told(2, channels=[""]), "malformed", "channels.0"),
        (told(2, user="x" * 257), "malformed", "user_id"),
        (told(2, colour="red"), "malformed", "colour: Extra inputs are not permitted"),
        ({**told(2), "user_key": PSEUDONYMS.user("anna")}, "malformed", "either user_id or user_key"),
        (told(2, time=1e15), "malformed", "seconds since the epoch"),
        (told(2, time="yesterday"), "malformed", "time"),
        (told(0), "malformed", "sequence"),
        (told(6, time=now + 400), "time", "ahead of the gateway's clock; expected at most 300 s"),
        (told(6, time=now - 310), "time", "behind the gateway's clock"),
        (told(3), "sequence", "expected more than 5"),
    ]
    status, answer, _ = await post(batch(told(5), *(event for event, _, _ in bad), told(9)))
    assert (status, answer["accepted"]) == (200, 2)
    assert [r["index"] for r in answer["refused"]] == list(range(1, len(bad) + 1))
    for refused, (event, reason, sentence) in zip(answer["refused"], bad, strict=True):
        assert refused["reason"] == reason, event
        assert sentence in refused["detail"], (event, refused)
    assert sorted(e["sequence"] for e in running.sender.events()) == [5, 9]


async def test_an_event_of_several_channels_is_one_message_and_names_them_all(running: Any, post: Any) -> None:
    await post(batch(*(told(n, channels=["a", "b", "c"]) for n in range(1, 11))))
    mine = running.sender.events()
    source = f"backend/{PSEUDONYMS.user('shop')}/shop-1"
    first = [(e["source"].removeprefix(source), e["sequence"], e["kind"], e["channel"], e["size"]) for e in mine[:3]]
    assert first == [
        ("#channels", 64, "subscribe", "a", 0),
        ("#channels", 65, "subscribe", "b", 0),
        ("", 1, "message", "c", 10),
    ]
    values = engines(running)[-1][3]
    assert values[INDEX["channels_count"]] == 3 and values[INDEX["messages_per_minute"]] == 10
    assert values[INDEX["avg_message_size"]] == 10 and values[INDEX["requests_per_user"]] == 30


@pytest.mark.parametrize(
    ("body", "named"),
    [
        (batch(), "events"),
        (batch(*[told(n) for n in range(1, 1002)]), "events"),
        (batch(told(1), source="a b"), "source"),
        (batch(told(1), source="a#channels"), "source"),
        (batch(told(1), stream="live"), "stream"),
        ({"events": [told(1)]}, "source"),
        (batch("anna"), "events"),  # type: ignore[arg-type]
    ],
)
async def test_a_body_that_is_no_batch_is_refused_whole(running: Any, post: Any, body: Any, named: str) -> None:
    status, answer, _ = await post(body)
    assert status == 422 and named in answer["detail"], answer
    assert running.sender.events() == []


async def test_who_may_tell_what(running: Any, post: Any) -> None:
    assert (await post(batch(told(1)), roles=["operator"]))[0] == 403
    assert (await post(batch(told(1)), roles=["replay"]))[0] == 403
    assert (await post(batch(told(1, time=1), stream="replay:x"), roles=["backend"]))[0] == 403
    assert (await post(batch(told(1)), roles=["admin"]))[0] == 200
    assert (await post(batch(told(1), source="other"), roles=[]))[0] == 403


async def test_a_replay_brings_its_own_times_and_stream(running: Any, post: Any) -> None:
    body = batch(told(1, time=1000.5), told(2, time="2001-01-01T00:00:00Z"), told(3), stream="replay:2001")
    status, answer, _ = await post(body, roles=["replay"])
    assert status == 200 and [(r["index"], r["reason"]) for r in answer["refused"]] == [(2, "time")]
    mine = running.sender.events()
    assert {e["stream"] for e in mine} == {"replay:2001"}
    assert [e["time_us"] for e in mine] == [1_000_500_000, 978_307_200_000_000]


async def test_backends_cannot_take_each_others_numbers(running: Any, post: Any) -> None:
    await post(batch(told(100)), sub="shop")
    await post(batch(told(1)), sub="forum")
    assert len({e["source"] for e in running.sender.events()}) == 2


async def test_an_admin_key_and_forms_of_an_address(running: Any, post: Any) -> None:
    key = PSEUDONYMS.user("anna")
    forms = ["192.0.2.1", "::ffff:192.0.2.1", "::FFFF:c000:201"]
    events = [{"sequence": n, "user_key": key, "ip_address": form} for n, form in enumerate(forms, 1)]
    assert (await post(batch(*events)))[1]["accepted"] == 3
    assert {(e["user"], e["address"]) for e in running.sender.events()} == {(key, PSEUDONYMS.address("192.0.2.1"))}


async def test_what_is_not_stored_in_time_may_be_sent_again_safely(running: Any, post: Any, eventually: Any) -> None:
    running.gateway.submissions.stored_within_s = 0.05
    running.sender.open.clear()
    status, answer, headers = await post(batch(told(1), told(2)))
    assert status == 503 and int(headers["Retry-After"]) >= 1
    assert "counts once" in answer["detail"]
    before = running.gateway.tracker.unsent
    assert (await post(batch(told(1), told(2))))[0] == 503
    assert running.gateway.tracker.unsent == before == 2, "a repeat takes no room"
    running.sender.open.set()
    await eventually(lambda: running.gateway.tracker.unsent == 0)
    assert (await post(batch(told(1), told(2))))[:2] == (200, {"accepted": 2, "refused": []})
    assert len(running.sender.events()) == 2


async def test_a_batch_that_comes_twice_at_once_is_stored_once(running: Any, post: Any) -> None:
    body = batch(*(told(n) for n in range(1, 501)))
    answers = await asyncio.gather(*(post(body) for _ in range(4)))
    assert [answer[:2] for answer in answers] == [(200, {"accepted": 500, "refused": []})] * 4
    assert len(running.sender.events()) == 500


async def test_nothing_is_half_taken_when_there_is_no_room(start_gateway: Any, make_token: Any) -> None:
    running = await start_gateway(max_unsent_events=1000)
    running.gateway.submissions.stored_within_s = 0.05
    running.sender.open.clear()
    headers = {"Authorization": f"Bearer {make_token('shop', roles=['backend'])}"}
    tracker: Tracker = running.gateway.tracker

    async def send(source: str, count: int) -> tuple[int, str]:
        body = batch(*(told(n, user=f"u{n}") for n in range(1, count + 1)), source=source)
        async with running.client.post("/ml/activity", json=body, headers=headers) as response:
            return response.status, (await response.json(content_type=None)).get("title", "")

    assert await send("a", 999) == (503, "Not stored yet")
    assert await send("b", 500) == (503, "Not stored yet")
    assert tracker.unsent == 1499, "a batch that has begun is taken whole"
    assert await send("c", 1) == (503, "No room now")
    assert tracker.unsent == 1499 and tracker.dropped == 0
    running.sender.open.set()
    async with asyncio.timeout(5):
        while tracker.unsent:
            await asyncio.sleep(0.002)
    assert await send("c", 1) == (200, "")


async def test_a_gateway_that_stops_takes_nothing(running: Any, post: Any) -> None:
    running.gateway.intake.close()
    status, answer, headers = await post(batch(told(1)))
    assert status == 503 and "starting or stopping" in answer["detail"] and "Retry-After" in headers
    assert running.sender.events() == []
