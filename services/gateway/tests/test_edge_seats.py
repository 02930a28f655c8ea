"""Connections are counted, in all and of one address."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from resonance_gateway.edge.seats import UNNAMED, Seats

TOTAL, EACH = 5, 2
NAMES = st.sampled_from(["a", "b", "c", UNNAMED])


def test_there_is_room_up_to_the_limits():
    seats = Seats(3, 2)
    assert [seats.take(name) for name in ("a", "a", "a", "b", "c")] == [True, True, False, True, False]
    seats.release("a")
    assert seats.take(UNNAMED)
    assert not seats.take(UNNAMED)
    assert len(seats) == 3


def test_a_connection_that_cannot_move_stays_counted_where_it_was():
    seats = Seats(3, 1)
    assert seats.take("a") and seats.take(UNNAMED)
    assert not seats.move(UNNAMED, "a")
    assert seats.move(UNNAMED, "b")
    assert not seats.take("b")
    seats.release("b")
    assert seats.take("b")


@pytest.mark.parametrize(
    ("soft", "hard", "room", "left"), [(300, 400, 144, 400), (300, 2000, 1000, 1256), (2000, 2000, 1000, 2000)]
)
def test_as_many_connections_as_open_files_allow(soft, hard, room, left):
    program = (
        "import resource; from resonance_gateway.edge.files import room_for; "
        f"resource.setrlimit(resource.RLIMIT_NOFILE, ({soft}, {hard})); "
        "print(room_for(1000), *resource.getrlimit(resource.RLIMIT_NOFILE))"
    )
    found = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert found.stdout.split() == [str(room), str(left), str(hard)]


class SeatsAreAList(RuleBasedStateMachine):
    """Against a list of who sits."""

    def __init__(self):
        super().__init__()
        self.seats = Seats(TOTAL, EACH)
        self.sitting = []

    def _room(self, name):
        return name == UNNAMED or self.sitting.count(name) < EACH

    @rule(name=NAMES)
    def take(self, name):
        taken = self.seats.take(name)
        assert taken == (len(self.sitting) < TOTAL and self._room(name))
        if taken:
            self.sitting.append(name)

    @rule(name=NAMES)
    def release(self, name):
        if name in self.sitting:
            self.seats.release(name)
            self.sitting.remove(name)

    @rule(name=NAMES, to=NAMES)
    def move(self, name, to):
        if name not in self.sitting:
            return
        moved = self.seats.move(name, to)
        assert moved == (name == to or self._room(to))
        if moved:
            self.sitting.remove(name)
            self.sitting.append(to)

    @invariant()
    def nothing_is_kept_of_who_left(self):
        assert len(self.seats) == len(self.sitting)
        assert self.seats._of == {n: self.sitting.count(n) for n in self.sitting if n != UNNAMED}


TestSeats = SeatsAreAList.TestCase
