"""Who was erased, and what of what is read is of the time before."""

from __future__ import annotations

from resonance_contracts.pb.resonance.v1.detection_pb2 import Alert, Anomaly
from resonance_contracts.pb.resonance.v1.people_pb2 import UserErased
from resonance_contracts.topics import USERS_ERASED
from resonance_runtime.erasures import SETTLING_US, Erasures, received_us
from resonance_runtime.records import Record

T0 = 1_800_000_000_000_000


def record(user_key: str, erased_us: int) -> Record[UserErased]:
    return Record(USERS_ERASED, 0, 0, "id", erased_us, None, UserErased(user_key=user_key, erased_us=erased_us), {})


async def test_what_was_received_until_then_is_covered_and_what_comes_later_is_not() -> None:
    erasures = Erasures()
    assert not erasures.covers("u_a", 0)
    await erasures.handle([record("u_a", T0)])
    assert erasures.covers("u_a", 0)
    assert erasures.covers("u_a", T0 + SETTLING_US)
    assert not erasures.covers("u_a", T0 + SETTLING_US + 1)
    assert not erasures.covers("u_b", 0)


async def test_of_several_erasures_the_latest_counts_in_whatever_order_they_are_read() -> None:
    for order in ([T0, T0 + 10**9], [T0 + 10**9, T0]):
        erasures = Erasures()
        await erasures.handle([record("u_a", erased_us) for erased_us in order])
        assert erasures.covers("u_a", T0 + 10**9)


async def test_everyone_who_holds_something_is_told_each_time() -> None:
    told: list[tuple[str, str]] = []
    erasures = Erasures(lambda user: told.append(("first", user)))
    erasures.also(lambda user: told.append(("second", user)))
    await erasures.handle([record("u_a", T0), record("u_a", T0)])
    assert told == [("first", "u_a"), ("second", "u_a")] * 2


def test_a_replay_is_judged_by_when_it_was_received_not_by_the_times_it_repeats() -> None:
    assert received_us(Anomaly(end_us=1, last_received_us=T0)) == T0
    assert received_us(Alert(opened_us=1, last_received_us=T0)) == T0
    assert (received_us(Anomaly(end_us=1)), received_us(Alert(opened_us=2))) == (1, 2)
