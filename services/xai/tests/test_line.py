"""The order in which anomalies of all partitions are explained."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from resonance_contracts.pb.resonance.v1.detection_pb2 import Anomaly, Severity
from resonance_xai.line import Line, Patience

LOW, MEDIUM, HIGH, CRITICAL = range(1, 5)


@dataclass(frozen=True)
class Flagged:
    anomaly: Anomaly


def flagged(received_s: float, severity: int = MEDIUM) -> Flagged:
    anomaly = Anomaly(vector_id=f"{received_s:g}", last_received_us=round(received_s * 1e6))
    anomaly.severity = Severity.ValueType(severity)
    return Flagged(anomaly)


def batch(*received_s: float) -> list[Flagged]:
    return [flagged(one) for one in received_s]


def calm(now_s: float = 0.0) -> Patience:
    return Patience(full=64, clock=lambda: now_s)


def taken(line: Line[Flagged], most: int) -> list[tuple[list[float], bool]]:
    """Turns until nobody waits: who was received when, and whether in brief."""
    turns = []
    while line:
        turn = line.next(most)
        turns.append(([one.anomaly.last_received_us / 1e6 for one in turn.those], turn.brief))
    return turns


def order(turns: Sequence[tuple[list[float], bool]]) -> list[float]:
    return [one for those, _ in turns for one in those]


def test_the_oldest_of_all_partitions_come_first_a_few_at_a_time() -> None:
    line: Line[Flagged] = Line(calm())
    line.join(batch(1, 4, 7))
    line.join(batch(2, 3, 9))
    line.join(batch(5, 6, 8))
    assert taken(line, 4) == [([1, 2, 3, 4], False), ([5, 6, 7, 8], False), ([9], False)]
    assert line.next(4).those == []


def test_the_next_batch_of_a_partition_goes_before_what_others_received_later() -> None:
    line: Line[Flagged] = Line(calm())
    line.join(batch(1, 2))
    line.join(batch(3, 8, 9))
    assert [one.anomaly.vector_id for one in line.next(2).those] == ["1", "2"]
    line.join(batch(4, 5))
    assert order(taken(line, 2)) == [3, 4, 5, 8, 9]


def test_as_many_are_in_time_as_by_going_partition_by_partition_and_more() -> None:
    """Eight partitions with a second's backlog each: one explanation takes 1/300 s, 25 a second come to each."""
    partitions = [batch(*(n / 200 for n in range(p, 200, 8))) for p in range(8)]
    line: Line[Flagged] = Line(calm())
    for one in partitions:
        line.join(one)
    begins_s = 1.2
    delays = [begins_s + (place + 1) / 300 - received for place, received in enumerate(order(taken(line, 8)))]
    assert max(delays) < begins_s + 8 / 300, "who waited longest waits longest"
    by_partition = [one.anomaly.last_received_us / 1e6 for some in partitions for one in some]
    worst = max(begins_s + (place + 1) / 300 - received for place, received in enumerate(by_partition))
    assert worst > begins_s + 0.5


def test_under_a_flood_the_gravest_of_all_partitions_come_first_and_the_others_in_brief() -> None:
    line: Line[Flagged] = Line(Patience(full=3, waited_s=1.0, clock=lambda: 10.0))
    line.join([flagged(1, LOW), flagged(2, CRITICAL), flagged(3, HIGH)])
    line.join([flagged(4, MEDIUM), flagged(5, CRITICAL)])
    assert taken(line, 2) == [([2, 5], False), ([3], False), ([4, 1], True)]


def test_who_comes_during_a_flood_waits_until_all_before_had_their_turn() -> None:
    line: Line[Flagged] = Line(Patience(full=2, waited_s=1.0, clock=lambda: 10.0))
    line.join([flagged(1, LOW), flagged(2, MEDIUM)])
    line.next(1)
    line.join([flagged(3, CRITICAL), flagged(4, LOW)])
    assert taken(line, 8) == [([1], True), ([3], False), ([4], True)]


def test_there_is_no_flood_while_no_partition_gives_a_full_batch_or_nobody_waited_too_long() -> None:
    for patience in (
        Patience(full=4, waited_s=1.0, clock=lambda: 10.0),
        Patience(full=3, waited_s=1.0, clock=lambda: 1.5),
        Patience(full=3, waited_s=1.0, since_s=9.5, clock=lambda: 10.0),
    ):
        line: Line[Flagged] = Line(patience)
        line.join([flagged(1, LOW), flagged(2, CRITICAL), flagged(3, HIGH)])
        assert taken(line, 8) == [([1, 2, 3], False)]


def test_a_flood_is_over_when_those_of_the_full_batch_are_gone() -> None:
    now = [1.5]
    line: Line[Flagged] = Line(Patience(full=2, waited_s=1.0, clock=lambda: now[0]))
    line.join([flagged(1, LOW), flagged(1.1, HIGH)])
    line.join([flagged(1.2, LOW)])
    assert order([([one.anomaly.last_received_us / 1e6 for one in line.next(2).those], False)]) == [1, 1.1]
    now[0] = 10.0
    assert taken(line, 2) == [([1.2], False)]
