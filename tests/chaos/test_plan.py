"""The plan of a chaos run, and the wire that it goes over."""

from __future__ import annotations

import pytest

from tests.chaos.faults import schedule
from tests.chaos.plan import SECOND_US, Run
from tests.chaos.wire import Wire, encoded

RUN = Run(seed=3, events=5003, users=40, begin_us=1_760_000_000 * SECOND_US, seconds=120.0)


def test_the_totals_are_exact() -> None:
    assert sum(len(visit.acts) for user in RUN.everybody() for visit in user.visits()) == RUN.events


def test_the_same_seed_gives_the_same_plan() -> None:
    again = Run(RUN.seed, RUN.events, RUN.users, RUN.begin_us, RUN.seconds)
    assert [user.visits() for user in RUN.everybody()] == [user.visits() for user in again.everybody()]
    other = Run(RUN.seed + 1, RUN.events, RUN.users, RUN.begin_us, RUN.seconds)
    assert [user.visits() for user in RUN.everybody()] != [user.visits() for user in other.everybody()]


def test_times_of_a_user_ascend_and_visits_follow_each_other() -> None:
    for user in RUN.everybody():
        visits = user.visits()
        times = [time for visit in visits for time in (visit.time_us, *(act.time_us for act in visit.acts))]
        assert times == sorted(set(times))
        assert [visit.last for visit in visits] == [False] * (len(visits) - 1) + [True]
        assert times[-1] <= RUN.end_us + SECOND_US


def test_every_kind_of_user_is_there() -> None:
    users = list(RUN.everybody())
    assert {user.live for user in users} == {True, False}
    assert {len(user.visits()) for user in users if not user.live} == {1, 2}


def test_a_schedule_follows_from_its_seed() -> None:
    assert [step.title for step in schedule(1)] == [step.title for step in schedule(1)]
    assert [step.title for step in schedule(1)] != [step.title for step in schedule(2)]


class Transport:
    """Remembers what is written."""

    def __init__(self) -> None:
        self.written = b""

    def write(self, data: bytes) -> None:
        self.written += data

    def is_closing(self) -> bool:
        return False

    def close(self) -> None:
        pass


@pytest.mark.parametrize("step", [1, 3, 1000])
def test_frames_are_read_however_they_are_cut(step: int) -> None:
    heard, opened = list[bytes](), list[bool]()
    wire = Wire(heard.append, lambda: opened.append(True), lambda _: None)
    transport = Transport()
    wire._transport = transport  # type: ignore[assignment]  # the parts of it that are used
    long = b"x" * 300
    frames = b"\x81\x02ok" + b"\x81\x7e\x01\x2c" + long + b"\x89\x01p" + b"\x81\x00"
    data = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n" + frames
    for i in range(0, len(data), step):
        wire.data_received(data[i : i + step])
    assert opened == [True]
    assert heard == [b"ok", long, b""]
    assert transport.written == encoded(b"p", 10)


def test_a_frame_is_masked_with_zeros() -> None:
    assert encoded(b"abc") == b"\x81\x83\0\0\0\0abc"
    assert encoded(b"a" * 200) == b"\x81\xfe\x00\xc8\0\0\0\0" + b"a" * 200
