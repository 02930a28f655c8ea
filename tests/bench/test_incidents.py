"""The benchmark `incidents`: the offline way from actions to alerts, and how it is counted."""

from __future__ import annotations

import pytest

from resonance_client.simulation.kinds import ACCEPTED, Incident
from resonance_client.timeline import ConnectionScript, Kind
from resonance_contracts.pb.resonance.v1.activity_pb2 import ActivityBatch
from resonance_gateway.tracking.activity import Kind as Tracked
from tests.bench.incidents import benchmark
from tests.bench.incidents.played import Found, Played, play
from tests.bench.offline.gateway import Gateway
from tests.bench.offline.watch import Extractor


@pytest.fixture
def script() -> ConnectionScript:
    script = ConnectionScript("a.user", "c1", "198.18.0.1", "t1")
    script.connect(1_000.0)
    script.subscribe(1_000.2, ("general", "random"))
    script.message(1_001.0, "general", 50)
    script.publish(1_002.0, "admin.general", 50)
    script.message(1_003.0, "general", 50, error=True)
    return script


def batch(actions) -> ActivityBatch:
    (value,) = Gateway().batches(actions)
    return ActivityBatch.FromString(value)


def test_the_gateway_tracks_what_it_would_of_real_connections(script: ConnectionScript) -> None:
    script.disconnect(1_004.0)
    tracked = batch(script.actions)
    assert list(tracked.kind) == [
        Tracked.CONNECT, Tracked.LOGIN, Tracked.SUBSCRIBE, Tracked.SUBSCRIBE,
        Tracked.MESSAGE, Tracked.MESSAGE, Tracked.MESSAGE, Tracked.DISCONNECT,
    ]  # fmt: skip
    assert list(tracked.error) == [False] * 5 + [True, True, False], "a channel that is forbidden, and a failure"
    assert len({tracked.strings[user] for user in tracked.user}) == 1
    assert tracked.watermark_us == 1_004_000_000


def test_it_limits_as_the_gateway_does() -> None:
    script = ConnectionScript("a.user", "c1", "198.18.0.1", "t1")
    script.connect(0.0)
    for number in range(300):
        script.message(1.0 + number / 30, "general", 50)
    kinds = list(batch(script.actions).kind)
    passed = kinds.count(Tracked.MESSAGE)
    assert 100 + 95 < passed < 100 + 105, "a hundred at once and ten a second"
    assert kinds.count(Tracked.LIMITED) == 300 - passed


def test_vectors_come_of_actions(script: ConnectionScript) -> None:
    vectors = [values for made in Extractor().vectors(script.actions) for values in made.values]
    assert vectors
    assert [action.kind for action in script.actions].count(Kind.SUBSCRIBE) == 1


@pytest.mark.long
def test_the_scenario_of_the_demonstration_is_found_whole() -> None:
    played = play(7)
    assert {one.kind for one in played.found} == set(Incident)
    assert all(one.after_s is not None for one in played.found), played
    assert played.false_kinds == ()
    assert played.user_days == pytest.approx(87 * 4 / 24)


def test_rows_count_what_was_found_and_what_was_false(monkeypatch: pytest.MonkeyPatch) -> None:
    def game(seed: int) -> Played:
        burn = Found(Incident.SLOW_BURN, ACCEPTED[Incident.SLOW_BURN], None if seed % 4 == 0 else 100.0 * seed, 1)
        flood = Found(Incident.FLOOD, ACCEPTED[Incident.FLOOD], 10.0, 2)
        return Played(seed, (burn, flood), ("unusual_volume",) if seed == 1 else (), 1.0)

    monkeypatch.setattr(benchmark, "SEEDS", range(1, 5))
    monkeypatch.setattr(benchmark, "play", game)
    monkeypatch.setattr(benchmark, "Incident", (Incident.SLOW_BURN, Incident.FLOOD))
    measured = benchmark.run(benchmark.Surroundings(None, None, lambda _: None))
    assert measured.values["recall"].ours == pytest.approx(100 * 7 / 8)
    assert measured.values["seconds"].ours == 10.0
    assert measured.details["tables"][0]["rows"] == [
        ("slow_burn", 4, "75", "80", "200", "300"),
        ("flood", 4, "100", "89", "10", "10"),
    ]
    assert measured.details["missed"] == ["seed 4: slow_burn"]
