"""A soak sees what it is there to see: growth, and what was lost or doubled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import Random

import pytest

from resonance_contracts.pb.resonance.v1 import activity_pb2 as pb
from resonance_contracts.topics import ACTIVITY_OBSERVED, BY_NAME
from tests.crowd.process import Account
from tests.soak import judging
from tests.soak.asking import Asked
from tests.soak.bounds import MIB, OURS, bounds
from tests.soak.judging import Left, judge
from tests.soak.run import Soaked
from tests.soak.sampling import Usage
from tests.soak.slope import slope
from tests.support.topic_scan import Seen

HOUR_S = 3_600.0
ACCOUNT = Account("ann", "c_1", sent=3, acked=3, refused={}, ended="closed 1000")


def samples(growth_mib_an_hour: float, seconds: float = HOUR_S, every_s: float = 10.0) -> list[Usage]:
    """A container that uses 150 MiB at first, with noise and now and then a peak, and grows."""
    chance = Random(growth_mib_an_hour)
    found = []
    for number in range(int(seconds / every_s)):
        mib = 150 + growth_mib_an_hour * number * every_s / HOUR_S + chance.gauss(0, 0.3)
        mib += 40 if chance.random() < 0.05 else 0
        found.append(Usage(round(mib * MIB), 100 + chance.randint(-2, 2), 9))
    return found


def soaked(**growth: float) -> Soaked:
    """An hour in which services grow so; the others do not."""
    found = Soaked(warm_s=600.0, asked=Asked())
    found.times_s = [10.0 * n for n in range(360)]
    found.usage = {name: samples(growth.get(name.replace("-", "_"), 0.0)) for name in OURS}
    found.limits = dict.fromkeys(OURS, 512 * MIB)
    return found


def faults(run: Soaked) -> list[str]:
    """All that is not as it should be."""
    return [fault for one in bounds(run) for fault in one.faults]


def test_a_slope_is_found_among_noise_and_peaks() -> None:
    found = slope([10.0 * n for n in range(360)], [u.resident_bytes for u in samples(3.0)])
    assert found.low * HOUR_S / MIB < 3.0 < found.high * HOUR_S / MIB
    assert found.high - found.low < 1.0 * MIB / HOUR_S


def test_a_slope_of_a_minute_is_none() -> None:
    with pytest.raises(ValueError, match="at least 4"):
        slope([0.0, 10.0, 50.0], [1.0, 2.0, 3.0])


def test_what_is_flat_passes() -> None:
    assert faults(soaked()) == []


def test_a_leak_of_a_tenth_of_the_limit_a_day_is_told() -> None:
    assert ["xai grows by" in fault for fault in faults(soaked(xai=3.0))] == [True]


def test_what_grows_less_than_that_passes() -> None:
    assert faults(soaked(xai=1.5)) == []


def test_descriptors_that_are_not_closed_are_told() -> None:
    run = soaked()
    run.usage["gateway"] = [replace(u, descriptors=100 + n // 20) for n, u in enumerate(run.usage["gateway"])]
    assert faults(run) == ["descriptors of gateway went from 105 to 115"]


def test_a_container_that_was_started_again_is_told() -> None:
    run = soaked()
    run.restarts = {"predictor": 1}
    assert faults(run) == ["predictor was started again"]


def test_questions_without_an_answer_are_told_beyond_one_in_a_hundred() -> None:
    run = soaked()
    run.asked.answers.update({("/ml/status", 200): 990, ("/ml/status", 504): 10})
    assert faults(run) == []
    run.asked.answers["/ml/status", 503] += 1
    assert faults(run) == ["10 times /ml/status 504", "1 times /ml/status 503"]


def left(*sequences: int, source: str = "c_1") -> Left:
    """A topic with these events of one user, a batch that says that time has passed, and nothing that follows."""
    events = pb.ActivityBatch(stream="live", strings=["u_ann", source, ""], watermark_us=1)
    for number in sequences:
        events.user.append(0)
        events.source.append(1)
        events.sequence.append(number)
        events.time_us.append(number * 1_000)
        events.kind.append(pb.ACTIVITY_KIND_MESSAGE)
        events.channel.append(2)
        events.address.append(2)
        events.token.append(2)
    return Left(
        {
            name: [seen(events)] if name == ACTIVITY_OBSERVED.name else []
            for name in (topic.name for topic in judging.READ)
        },
        [],
    )


def seen(batch: pb.ActivityBatch) -> Seen:
    """It as a record."""
    return Seen(BY_NAME[ACTIVITY_OBSERVED.name], 0, None, batch.SerializeToString(), {"ce_id": "1"}, 0)


def stored_faults(accounts: Sequence[Account], what: Left) -> list[str]:
    """What is wrong with the events alone."""
    return [fault for one in judge(accounts, what)[:2] for fault in one.faults]


def test_all_that_was_acknowledged_is_there() -> None:
    assert stored_faults([ACCOUNT], left(1, 2, 3)) == []


def test_an_acknowledged_frame_that_is_not_there_is_told() -> None:
    assert stored_faults([ACCOUNT], left(1, 3)) == ["ann wrote 3 frames to c_1, 3 of them for sure; 2 are stored"]


def test_a_frame_that_nobody_wrote_is_told() -> None:
    assert len(stored_faults([ACCOUNT], left(1, 2, 3, 4))) == 1
    assert "c_2 sent nothing" in stored_faults([ACCOUNT], left(1, 2, 3, source="c_2"))


def test_who_left_without_a_farewell_may_lose_what_was_not_acknowledged() -> None:
    gone = replace(ACCOUNT, acked=1, ended="left without a farewell")
    assert stored_faults([gone], left(1, 2)) == []
    assert len(stored_faults([replace(gone, acked=3)], left(1, 2))) == 1


def test_a_connection_that_was_cut_is_told() -> None:
    assert stored_faults([replace(ACCOUNT, ended="closed 1013")], left(1, 2, 3)) == [
        "A connection of ann ended so: closed 1013."
    ]
