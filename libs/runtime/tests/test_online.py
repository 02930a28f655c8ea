"""The parts of the online store that need no Redis: conflation, bounds, and the measure of its budget."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from resonance_contracts.pb.resonance.v1 import detection_pb2, features_pb2, online_pb2
from resonance_contracts.topics import FEATURES_COMPUTED
from resonance_runtime.errors import Reject, SettingsError, Unavailable
from resonance_runtime.health import Health
from resonance_runtime.keyed import KeyedHandling
from resonance_runtime.online.budget import Metered
from resonance_runtime.online.intake import Intake
from resonance_runtime.online.kinds import FEATURES, PREDICTIONS
from resonance_runtime.online.versions import tombstone, versioned
from resonance_runtime.online.waiting import Waiting
from resonance_runtime.records import Outgoing, Record, headers_of
from resonance_runtime.settings import OnlineSettings, RuntimeSettings, load

T0 = 1_795_269_905_000_000


class Settings(RuntimeSettings, OnlineSettings):
    """What a service with an online store has."""


def value(end_us: int, ordinal: int = 0) -> bytes:
    return versioned(end_us, ordinal, b"")


def found(intake: Intake) -> dict[str, bytes]:
    """All that an intake finds, each once."""
    pairs = [pair for pair in intake.values() if pair is not None]
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)


def vectors(*users: str, first: int = 1, stream: str = "live") -> bytes:
    """A batch with one vector of each of these, two values wide, in this order."""
    numbers = range(first, first + len(users))
    return features_pb2.VectorBatch(
        stream=stream,
        catalogue_version="1",
        width=2,
        vector_id=[f"v_{n}" for n in numbers],
        user_key=users,
        ordinal=numbers,
        start_us=[T0 + n - 1 for n in numbers],
        end_us=[T0 + n for n in numbers],
        values=[value for n in numbers for value in (n + 0.25, n + 0.75)],
    ).SerializeToString()


def test_the_newest_of_a_key_waits_and_keeps_its_place() -> None:
    waiting = Waiting(10)
    for key, version in (("a", 1), ("b", 1), ("a", 3), ("a", 2)):
        waiting.put(key, value(version))
    assert waiting.first(10) == [("a", value(3)), ("b", value(1))]
    assert waiting.first(1) == [("a", value(3))]


def test_of_the_same_time_the_higher_ordinal_is_newer() -> None:
    waiting = Waiting(10)
    for ordinal in (1, 3, 2):
        waiting.put("a", value(7, ordinal))
    assert waiting.first(1) == [("a", value(7, 3))]


def test_what_came_while_it_was_written_goes_on_waiting() -> None:
    waiting = Waiting(10)
    waiting.put("a", value(1))
    waiting.put("b", value(1))
    values = waiting.first(10)
    waiting.put("a", value(2))
    waiting.written(values)
    assert waiting.first(10) == [("a", value(2))]


def test_beyond_its_bound_the_one_that_waits_longest_is_dropped_and_counted() -> None:
    waiting = Waiting(3)
    for key in "abcdeb":
        waiting.put(key, value(1))
    assert [key for key, _ in waiting.first(10)] == ["d", "e", "b"]
    assert waiting.take_dropped() == 3
    assert waiting.take_dropped() == 0


def test_of_each_user_the_last_value_is_found() -> None:
    intake = Intake(FEATURES, 1_000_000)
    intake.add(vectors("u_1", "u_2", "u_1"))
    intake.add(vectors("u_2", "u_3", first=4))
    values = {key: online_pb2.OnlineVector.FromString(raw) for key, raw in found(intake).items()}
    assert values.keys() == {f"resonance:features:u_{n}" for n in (1, 2, 3)}
    assert values["resonance:features:u_1"] == online_pb2.OnlineVector(
        end_us=T0 + 3, ordinal=3, vector_id="v_3", user_key="u_1", start_us=T0 + 2, catalogue_version="1",
        values=[3.25, 3.75],
    )  # fmt: skip
    assert [values[f"resonance:features:u_{n}"].ordinal for n in (2, 3)] == [4, 5]
    assert found(intake) == {}


def test_what_comes_while_a_round_goes_on_is_in_the_next() -> None:
    """The store leaves a round after a millisecond, and goes on with it later."""
    intake = Intake(FEATURES, 1_000_000)
    intake.add(vectors("u_1", "u_2"))
    round_ = intake.values()
    assert next(round_) is None
    intake.add(vectors("u_1", "u_2", first=3))
    assert len([pair for pair in round_ if pair is not None]) == 2
    assert {online_pb2.OnlineVector.FromString(raw).ordinal for raw in found(intake).values()} == {3, 4}


def test_a_prediction_is_found_with_its_scorer() -> None:
    scorer = detection_pb2.ScorerReference(model_name="anomaly_detection", model_version="ab", rules_version="cd")
    batch = detection_pb2.PredictionBatch(
        stream="live", scorer=scorer, vector_id=["v_1"], user_key=["u_1"], end_us=[T0], score=[0.75],
        tail_probability=[0.125], severity=[detection_pb2.SEVERITY_HIGH],
    )  # fmt: skip
    intake = Intake(PREDICTIONS, 1_000_000)
    intake.add(batch.SerializeToString())
    [(key, raw)] = found(intake).items()
    assert key == "resonance:predictions:u_1"
    assert online_pb2.OnlinePrediction.FromString(raw) == online_pb2.OnlinePrediction(
        end_us=T0, vector_id="v_1", user_key="u_1", score=0.75, tail_probability=0.125,
        severity=detection_pb2.SEVERITY_HIGH, scorer=scorer,
    )  # fmt: skip


@pytest.mark.parametrize("stream_first", [True, False])
def test_replays_are_left_out(stream_first: bool) -> None:
    """Protobuf does not promise the order of fields, so both orders are told apart."""
    stream = features_pb2.VectorBatch(stream="replay:7").SerializeToString()
    rest = vectors("u_1", stream="")
    intake = Intake(FEATURES, 1_000_000)
    intake.add(stream + rest if stream_first else rest + stream)
    assert found(intake) == {}


def test_a_live_batch_is_known_wherever_its_stream_is() -> None:
    intake = Intake(FEATURES, 1_000_000)
    intake.add(vectors("u_1", stream="") + features_pb2.VectorBatch(stream="live").SerializeToString())
    assert len(found(intake)) == 1


def test_too_many_batches_are_dropped_oldest_first_and_counted() -> None:
    size = len(vectors("u_1"))
    intake = Intake(FEATURES, 3 * size)
    for n in range(5):
        intake.add(vectors(f"u_{n}"))
    assert intake.take_dropped() == 2
    assert found(intake).keys() == {f"resonance:features:u_{n}" for n in (2, 3, 4)}


def test_a_malformed_batch_takes_no_other_with_it() -> None:
    intake = Intake(FEATURES, 1_000_000)
    intake.add(vectors("u_1"))
    intake.add(b"\x0a\x04live\xff")
    intake.add(vectors("u_2"))
    assert len(found(intake)) == 2
    assert intake.take_dropped() == 1


def test_a_value_begins_with_its_version_whatever_it_is() -> None:
    raw = versioned(T0, 0, online_pb2.OnlinePrediction(vector_id="v").SerializeToString())
    assert raw[0] == 0x09 and int.from_bytes(raw[1:9], "little") == T0
    assert raw[9] == 0x11 and int.from_bytes(raw[10:18], "little") == 0
    assert online_pb2.OnlinePrediction.FromString(raw) == online_pb2.OnlinePrediction(end_us=T0, vector_id="v")


async def test_waiting_does_not_count_as_work() -> None:
    async def work() -> str:
        await asyncio.sleep(0.2)
        until = time.thread_time() + 0.05
        while time.thread_time() < until:
            pass
        await asyncio.sleep(0.2)
        return "done"

    metered = Metered(work())
    assert await metered == "done"
    assert 0.05 <= metered.own_s < 0.15


async def test_a_metered_coroutine_is_cancelled_and_fails_as_itself() -> None:
    cancelled = asyncio.Event()

    async def wait() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.set()
            raise

    async def fail() -> None:
        await asyncio.sleep(0)
        raise ValueError("as itself")

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await Metered(wait())
    assert cancelled.is_set()
    with pytest.raises(ValueError, match="as itself"):
        await Metered(fail())


def test_an_address_that_is_wrong_is_not_repeated_because_a_password_may_be_in_it() -> None:
    with pytest.raises(SettingsError, match=r"^RESONANCE_REDIS_URL is a secret: ") as raised:
        load(Settings, {"RESONANCE_REDIS_URL": "http://:hidden@redis:6379"})
    assert "hidden" not in str(raised.value)


def test_without_an_address_there_is_no_online_store() -> None:
    assert load(Settings, {}).redis_url is None
    assert load(Settings, {}).online_ttl_s == 86_400
    with pytest.raises(SettingsError, match=r"RESONANCE_ONLINE_TTL_S is '0': "):
        load(Settings, {"RESONANCE_ONLINE_TTL_S": "0"})


@dataclass
class Raw:
    """A record as the Kafka client gives it."""

    offset: int
    value: bytes | None
    headers: Sequence[tuple[str, bytes]]
    topic: str = FEATURES_COMPUTED.name
    partition: int = 0
    key: bytes | None = None


@dataclass
class Broker:
    """Is down for the first call, and takes no record with this id."""

    too_large: str
    told: list[str]
    calls: int = 0

    async def send_all(self, outgoing: Sequence[Outgoing]) -> None:
        self.calls += 1
        assert not {one.id for one in outgoing} & set(self.told), "told before it was stored"
        if self.calls == 1:
            raise Unavailable("The broker is down.")
        if any(one.id == self.too_large for one in outgoing):
            raise Reject("it is too large")

    async def send_raw(self, *_: object) -> None:
        """Takes dead letters."""


class Twice:
    """Keyed state that gives two records for each."""

    def apply(self, record: Record[Any]) -> Sequence[Outgoing]:
        return [Outgoing(FEATURES_COMPUTED, record.value, f"{record.id}/{part}", 1) for part in "ab"]


async def test_what_the_broker_does_not_have_is_not_told() -> None:
    told: list[str] = []
    broker = Broker("2/a", told)
    handling = KeyedHandling(
        "group", {FEATURES_COMPUTED.name: FEATURES_COMPUTED}, Twice(), broker, Health(30), parse=False,  # type: ignore[arg-type]  # the parts of them that are used
        stored=lambda outgoing: told.extend(one.id for one in outgoing),
    )  # fmt: skip
    headers = [headers_of(Outgoing(FEATURES_COMPUTED, b"", str(n), 1), "/here") for n in (1, 2)]
    await handling.run([Raw(n, vectors("u_1"), headers[n]) for n in (0, 1)])
    assert told == ["1/a", "1/b", "2/b"]


def test_a_user_who_was_erased_has_a_tombstone_until_something_newer_comes() -> None:
    intake, waiting = Intake(FEATURES, 1_000_000), Waiting(10)
    intake.add(vectors("u_1", "u_2"))
    intake.add(
        features_pb2.VectorBatch(stream="live", erased=["u_1", "u_2"], erased_us=[T0 + 9] * 2).SerializeToString()
    )
    intake.add(vectors("u_2", first=20))
    for pair in intake.values():
        if pair is not None:
            waiting.put(*pair)
    one, two = (FEATURES.key(user) for user in ("u_1", "u_2"))
    waiting_now = dict(waiting.first(10))
    assert waiting_now[one] == tombstone(T0 + 9)
    assert online_pb2.OnlineVector.FromString(waiting_now[two]).ordinal == 20
    waiting.put(one, value(T0 + 8))
    assert dict(waiting.first(10))[one] == tombstone(T0 + 9), "an older value does not come back"
    waiting.put(two, tombstone(T0 + 9))
    assert dict(waiting.first(10))[two] == tombstone(T0 + 9), "whatever the clocks say"
