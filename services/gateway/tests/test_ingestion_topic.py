"""Records of the public topic: what becomes of each, and that reading them again changes nothing."""

from __future__ import annotations

import asyncio
import json
import random
import time
from dataclasses import dataclass, field
from typing import Any

import pytest

from resonance_contracts.pb.resonance.v1 import activity_pb2, submitted_pb2
from resonance_contracts.topics import ACTIVITY_SUBMITTED
from resonance_feature_extractor.engine import PartitionEngine
from resonance_gateway.ingestion.models import Reason
from resonance_gateway.ingestion.submitted import NotTaken, submitted
from resonance_gateway.people.pseudonyms import Pseudonyms
from resonance_runtime.errors import Reject
from resonance_runtime.health import Health

PSEUDONYMS = Pseudonyms("a key of pseudonyms for tests, long enough")
NOW_US = 1_760_000_000_000_000
MINUTE_US = 60_000_000


@dataclass
class Raw:
    """A record as the Kafka client gives it."""

    value: bytes | None
    partition: int = 0
    offset: int = 0
    timestamp: int = NOW_US // 1000
    headers: Any = ()
    topic: str = ACTIVITY_SUBMITTED.name
    key: bytes | None = None


def raw(place: tuple[int, int] = (0, 0), timestamp: int = NOW_US // 1000, **fields: Any) -> Raw:
    """A record with a Protobuf event."""
    message = submitted_pb2.ActivitySubmitted(**{"user_id": "anna", "message_size": 10, **fields})
    return Raw(message.SerializeToString(), *place, timestamp=timestamp)


def raw_json(told: Any, **changes: Any) -> Raw:
    """A record with a JSON event."""
    return Raw(json.dumps(told).encode(), headers=[("content-type", b"application/json; charset=utf-8")], **changes)


def test_a_record_without_a_number_is_known_by_its_place() -> None:
    one = submitted(raw((3, 41)), NOW_US)
    assert (one.source, one.sequence, one.time_us) == ("topic/3", 42, NOW_US)
    later = submitted(raw((3, 41)), NOW_US + 30 * MINUTE_US)
    assert later == one, "read again, it is the same event with the same time"


def test_a_numbered_record_is_known_by_its_number_within_its_partition() -> None:
    one = submitted(raw((3, 41), source="shop-1", sequence=7), NOW_US)
    assert (one.source, one.sequence) == ("topic/3/shop-1", 7)


def test_json_says_the_same_as_protobuf() -> None:
    fields: dict[str, Any] = {
        "user_id": "anna", "message_size": 10, "channels": ["a", "b"], "ip_address": "192.0.2.1", "token_id": "t",
        "error": True, "source": "s", "sequence": 3,
    }  # fmt: skip
    binary = raw(**fields, kind=activity_pb2.ACTIVITY_KIND_LOGIN, time_us=NOW_US - MINUTE_US)
    text = raw_json({**fields, "kind": "login", "time": (NOW_US - MINUTE_US) / 1e6})
    one, other = submitted(binary, NOW_US), submitted(text, NOW_US)
    assert one.time_us == other.time_us == NOW_US - MINUTE_US
    assert (one.source, one.sequence) == (other.source, other.sequence) == ("topic/0/s", 3)
    assert one.event.model_dump(exclude={"time"}) == other.event.model_dump(exclude={"time"})


@pytest.mark.parametrize(
    ("record", "reason", "sentence"),
    [
        (Raw(None), Reason.MALFORMED, "the value is empty"),
        (Raw(b"\xff"), Reason.MALFORMED, "not a resonance.v1.ActivitySubmitted"),
        (Raw(b'{"user_id": "anna"}'), Reason.MALFORMED, "JSON needs the header content-type"),
        (raw_json([1]), Reason.MALFORMED, "object"),
        (raw_json({"user_id": 7}), Reason.MALFORMED, "user_id: Input should be a valid string"),
        (raw_json({}), Reason.MALFORMED, "give either user_id or user_key"),
        (raw(user_id=""), Reason.MALFORMED, "user_id"),
        (raw(kind=99), Reason.MALFORMED, "kind is 99"),
        (raw(source="s"), Reason.MALFORMED, "both source and sequence"),
        (raw(source="a/b", sequence=1), Reason.MALFORMED, "source"),
        (raw(channels=["x" * 129]), Reason.MALFORMED, "channels.0"),
        (raw(sequence=2**63, source="s"), Reason.MALFORMED, "sequence"),
        (raw(time_us=NOW_US + 6 * MINUTE_US), Reason.TIME, "360 s ahead of the record's timestamp"),
        (raw(time_us=NOW_US - 6 * MINUTE_US), Reason.TIME, "360 s behind the record's timestamp"),
        (raw(timestamp=(NOW_US + 6 * MINUTE_US) // 1000), Reason.TIME, "ahead of the gateway's clock"),
        (raw(timestamp=0), Reason.TIME, "more than two hours ago"),
        (raw(time_us=-5), Reason.TIME, "behind"),
    ],
)
def test_what_cannot_become_an_event_says_why(record: Raw, reason: Reason, sentence: str) -> None:
    with pytest.raises(NotTaken, match=r".") as caught:
        submitted(record, NOW_US)
    assert caught.value.reason is reason and sentence in str(caught.value)
    assert "anna" not in str(caught.value)


def test_a_record_that_waited_long_for_a_gateway_keeps_its_time() -> None:
    assert submitted(raw(time_us=NOW_US - MINUTE_US), NOW_US + 60 * MINUTE_US).time_us == NOW_US - MINUTE_US


@dataclass
class Letters:
    """Takes dead letters."""

    values: list[bytes | None] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)

    async def send_raw(self, topic: str, key: bytes | None, value: bytes | None, headers: Any) -> None:
        assert topic == ACTIVITY_SUBMITTED.dead_letters
        self.values.append(value)
        self.reasons.append(dict(headers)["dlq_reason"].decode())


def fresh(place: tuple[int, int], **fields: Any) -> Raw:
    """A record of now."""
    return raw(place, timestamp=time.time_ns() // 1_000_000, **fields)


async def test_good_records_are_stored_and_bad_ones_put_aside(running: Any, health: Health) -> None:
    letters = Letters()
    handling = running.gateway.submitted(letters, health)
    good = [fresh((1, n), user_id=f"u{n % 7}", channels=["a", "b"]) for n in range(20)]
    bad = [Raw(b"\xff", 1, 20), fresh((1, 21), kind=99)]
    await handling.run([*good[:10], *bad, *good[10:]])
    mine = [e for e in running.sender.events() if e["source"] == "topic/1"]
    assert sorted(e["sequence"] for e in mine) == list(range(1, 21))
    assert {e["user"] for e in mine} == {PSEUDONYMS.user(f"u{n}") for n in range(7)}
    assert {e["channel"] for e in mine} == {"b"}
    assert letters.values == [r.value for r in bad] and "kind is 99" in letters.reasons[1]
    assert "u0" not in "".join(map(str, running.sender.events()))


async def test_a_batch_is_handled_only_when_all_of_it_is_stored(running: Any, health: Health, eventually: Any) -> None:
    running.sender.open.clear()
    progress = health.progress("test")
    work = asyncio.create_task(
        running.gateway.submitted(Letters(), health).run([fresh((0, n), user_id=f"u{n}") for n in range(9)], progress)
    )
    await eventually(lambda: running.gateway.tracker.unsent == 9 and running.sender.attempts)
    assert not work.done()
    running.sender.open.set()
    await asyncio.wait_for(work, 5)
    assert len(running.sender.events()) == 9


async def test_it_waits_for_room_and_is_alive_meanwhile(start_gateway: Any, health: Health, eventually: Any) -> None:
    running = await start_gateway(max_unsent_events=1000)
    handling = running.gateway.submitted(Letters(), health)
    running.sender.open.clear()
    first = asyncio.create_task(handling.run([fresh((0, n), user_id=f"u{n}") for n in range(1000)]))
    await eventually(lambda: running.gateway.tracker.full)
    second = asyncio.create_task(handling.run([fresh((0, 1000))]))
    await eventually(lambda: running.sender.attempts)
    assert running.gateway.tracker.unsent == 1000
    running.sender.open.set()
    await asyncio.wait_for(asyncio.gather(first, second), 5)
    assert len(running.sender.events()) == 1001


async def test_what_the_broker_never_takes_goes_to_the_dead_letters(
    running: Any, health: Health, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(outgoing: Any) -> None:
        raise Reject("it is larger than the broker takes")

    monkeypatch.setattr(running.sender, "send_together", refuse)
    letters = Letters()
    await asyncio.wait_for(running.gateway.submitted(letters, health).run([fresh((0, n)) for n in range(3)]), 5)
    assert len(letters.values) == 3 and "will not take" in letters.reasons[0]


@pytest.mark.parametrize("numbered", [False, True])
async def test_nothing_is_lost_however_writers_partition(
    running: Any, health: Health, start_gateway: Any, numbered: bool
) -> None:
    """Random partitions, two gateways, batches handled twice: every event counts once."""
    rng = random.Random(7)
    logs: list[list[Raw]] = [[] for _ in range(3)]
    for n in range(300):
        partition = rng.randrange(len(logs))
        number = {"source": "shop", "sequence": n + 1} if numbered else {}
        logs[partition].append(fresh((partition, len(logs[partition])), user_id=f"u{n % 5}", **number))
    other = await start_gateway()
    handlings = [gateway.submitted(Letters(), health) for gateway in (running.gateway, other.gateway)]
    for log in logs:
        done = 0
        while done < len(log):
            end = min(len(log), done + rng.randrange(1, 40))
            await rng.choice(handlings).run(log[done:end])
            # What was handled and not committed is read again by whoever comes next.
            done = end - rng.randrange(end - done) if rng.random() < 0.4 else end
    counts = counted(running)
    assert counts["repeated"] == len(running.sender.events()) - 300 > 0
    distinct = {(e["user"], e["source"], e["sequence"]) for e in running.sender.events()}
    assert len(distinct) == 300


def counted(running: Any) -> dict[str, int]:
    """Repeats that the engines of all partitions saw in what was stored, and late events, of which there are none."""
    total = {"repeated": 0, "late": 0}
    by_partition: dict[int, PartitionEngine] = {}
    for outgoing in running.sender.sent:
        by_partition.setdefault(outgoing.partition, PartitionEngine()).apply(outgoing.value.SerializeToString())
    for engine in by_partition.values():
        for name, count in engine.take_counts().items():
            total[name] = total.get(name, 0) + count
    assert total["late"] == total["forgotten_sources"] == 0
    return total
