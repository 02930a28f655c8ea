"""What verdicts change: how much is asked before the same is told again, of whom, and how far that may go."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import msgspec
import pytest
from hypothesis import given as given_that
from hypothesis import strategies as st

from resonance_contracts.features import INDEX
from resonance_contracts.pb.resonance.v1 import detection_pb2 as pb
from resonance_contracts.pb.resonance.v1.operations_pb2 import FeedbackGiven
from resonance_contracts.pb.resonance.v1.people_pb2 import UserErased
from resonance_contracts.topics import ALERTS_RESOLVED, FEEDBACK_GIVEN
from resonance_predictor.detection import PartitionDetector
from resonance_predictor.findings import Detector, Finding
from resonance_predictor.keyed import DetectorState
from resonance_predictor.models import Models
from resonance_predictor.peaks import NOTHING, Grounds
from resonance_predictor.rules_file import RulesFile
from resonance_predictor.severity import Severity
from resonance_predictor.state import load_header
from resonance_predictor.terms import Terms
from resonance_predictor.thresholds import DEFAULT
from resonance_predictor.verdicts.following import SETTLE_S, FollowedVerdicts
from resonance_predictor.verdicts.leave import LASTS_US, MOST_EVIDENCE, RULE, Leave, rule_room
from resonance_predictor.verdicts.precision import LEAST_SHARE, budget_share, least_share
from resonance_predictor.verdicts.table import VerdictTable
from resonance_predictor.verdicts.terms import NO_VERDICTS, Asked, Verdicts
from resonance_runtime.health import Health
from resonance_runtime.records import Record

SECOND = 1_000_000
NOW = 10**15


def alert(number: int = 1, user: str = "u_a", kind: str = "unusual_volume", grounds: str = "deviation", **fields):
    told = {"evidence": 4.0, "farthest": 8.0, "opened_us": NOW + number, "last_seen_us": NOW + number, **fields}
    finding = pb.Finding(features=["messages_per_minute"], threshold=100.0)
    return pb.Alert(
        alert_id=f"al_{number}", user_key=user, stream="live", kind=kind, grounds=grounds, finding=finding, **told
    )


def said(of: pb.Alert, *, true: bool = False, withdrawn: bool = False, given_us: int = NOW) -> FeedbackGiven:
    return FeedbackGiven(
        alert_id=of.alert_id, user_key=of.user_key, kind=of.kind, true_alarm=true, withdrawn=withdrawn,
        given_us=given_us, alert=of,
    )  # fmt: skip


def verdicts_of(*given: FeedbackGiven, ends: tuple[pb.Alert, ...] = ()) -> Verdicts:
    table = VerdictTable()
    for one in given:
        table.take(one)
    for one in ends:
        table.end(one)
    return table.verdicts()


def flood(observed: float, severity: Severity = Severity.HIGH) -> Finding:
    return Finding(Detector.RULE, "message_flood", severity, ("messages_per_minute",), observed, 100.0)


def test_a_false_verdict_gives_leave_for_a_little_more_than_what_was_seen_for_four_weeks():
    (leave,) = verdicts_of(said(alert())).leaves
    assert (leave.farthest, leave.evidence) == pytest.approx((8.8, 5.0))
    assert leave.until_us == NOW + 1 + LASTS_US


def test_what_was_known_of_an_open_incident_is_what_it_came_to_in_the_end():
    (leave,) = verdicts_of(said(alert()), ends=(alert(evidence=20.0, farthest=9.0),)).leaves
    assert (leave.farthest, leave.evidence) == pytest.approx((9.9, 25.0))


def test_evidence_that_is_asked_is_bounded_and_never_less_than_of_anybody():
    for evidence in (0.0, 0.1, 3.0, 1e9):
        asked = Asked((Leave("u", "live", "unusual_behaviour", "surprise", NOW, 1.0, evidence),))
        enough = asked.enough(Grounds.SURPRISE, "unusual_behaviour", DEFAULT.surprise.low)
        assert DEFAULT.surprise.low <= enough <= MOST_EVIDENCE[Grounds.SURPRISE]
        assert asked.enough(Grounds.SURPRISE, "other", DEFAULT.surprise.low) == DEFAULT.surprise.low


@pytest.mark.parametrize(
    ("feature", "threshold", "seen", "room"),
    [
        ("messages_per_minute", 100.0, 130.0, 143.0),
        ("messages_per_minute", 100.0, 900.0, 200.0),
        ("error_rate", 0.5, 0.6, 0.66),
        ("error_rate", 0.5, 1.0, 0.75),
        ("burstiness_score", -0.9, -0.92, -0.95),
        ("messages_per_minute", 0.0, 5.0, None),
        ("no_such_feature", 1.0, 5.0, None),
        ("messages_per_minute", 100.0, float("nan"), None),
    ],
)
def test_a_rule_has_room_up_to_twice_its_threshold_or_half_of_the_way_to_the_end(feature, threshold, seen, room):
    assert rule_room(feature, threshold, seen) == (None if room is None else pytest.approx(room))


def flooding(farthest: float, severity: int, threshold: float = 100.0) -> Leave:
    room = farthest, 0.0, "messages_per_minute", threshold, severity, 60 * SECOND
    return Leave("u", "live", "message_flood", RULE, NOW, *room)


def test_a_rule_is_excused_up_to_its_room_and_no_graver_one_is():
    leave = flooding(143.0, Severity.HIGH)
    assert leave.excuses(flood(143.0), 60 * SECOND) and not leave.excuses(flood(144.0), 0)
    assert not leave.excuses(flood(143.0), 60 * SECOND + 1), "nor for longer"
    assert not leave.excuses(flood(120.0, Severity.CRITICAL), 0)
    assert not msgspec.structs.replace(leave, severity=Severity.MEDIUM).excuses(flood(120.0), 0)
    assert not msgspec.structs.replace(leave, feature="error_rate").excuses(flood(120.0), 0)


def test_a_critical_rule_is_never_excused_whatever_was_said():
    assert not flooding(2000.0, Severity.CRITICAL, 1000.0).excuses(flood(1500.0, Severity.CRITICAL), 0)


def test_a_true_verdict_ends_what_was_excused_before_it():
    false, true = said(alert(1)), said(alert(2), true=True)
    assert verdicts_of(false, true).leaves == ()
    assert len(verdicts_of(true, said(alert(3))).leaves) == 1, "but not what is called false afterwards"
    assert len(verdicts_of(false, said(alert(2, kind="unusual_errors"), true=True)).leaves) == 1


def test_what_is_withdrawn_was_never_said():
    later = NOW + 5
    assert verdicts_of(said(alert()), said(alert(), withdrawn=True, given_us=later)) == NO_VERDICTS
    assert verdicts_of(said(alert(), withdrawn=True, given_us=later), said(alert())) == NO_VERDICTS


@given_that(st.lists(st.tuples(st.integers(1, 4), st.sampled_from(["true", "false", "withdrawn"])), max_size=6))
def test_what_follows_does_not_depend_on_the_order_or_on_repeats(acts: list[tuple[int, str]]):
    told = [
        said(alert(n, evidence=float(n)), true=what == "true", withdrawn=what == "withdrawn", given_us=NOW + at)
        for at, (n, what) in enumerate(acts)
    ]
    expected = verdicts_of(*told)
    for order in list(permutations(told))[:24]:
        assert verdicts_of(*order, *order) == expected


@given_that(st.lists(st.tuples(st.integers(0, 12), st.booleans()), max_size=14), st.integers(0, 12))
def test_a_true_verdict_never_raises_a_threshold(acts: list[tuple[int, bool]], user: int):
    """Neither for anybody nor for everybody."""
    told = [said(alert(n, f"u_{u}"), true=true) for n, (u, true) in enumerate(acts)]
    before, after = verdicts_of(*told), verdicts_of(*told, said(alert(99, f"u_{user}"), true=True))
    assert set(after.leaves) <= set(before.leaves)
    kind = "unusual_volume"
    assert after.shares.get(kind, 1.0) >= before.shares.get(kind, 1.0)


def test_a_budget_is_cut_only_where_most_of_a_kind_is_false_for_sure_and_never_below_a_half():
    assert [budget_share(n, 0) for n in (0, 1, 2, 3)] == [1.0] * 4
    assert budget_share(4, 0) == pytest.approx((1 - 0.05**0.2) / 0.05**0.2)
    shares = [budget_share(n, 0) for n in range(60)]
    assert shares == sorted(shares, reverse=True) and shares[-1] == LEAST_SHARE
    back = [budget_share(20, n) for n in range(30)]
    assert back == sorted(back) and back[-1] == 1.0


def test_the_share_is_the_quantile_of_the_beta_distribution():
    """Beta(1 + n, 1) has the distribution function x^(n + 1)."""
    assert least_share(9, 0) == pytest.approx(0.05**0.1)
    assert least_share(0, 0) == pytest.approx(0.05)


def test_one_person_counts_once_for_everybody():
    same = [said(alert(n, "u_a")) for n in range(30)]
    assert verdicts_of(*same).shares == {}
    several = [said(alert(n, f"u_{n}")) for n in range(10)]
    assert verdicts_of(*several).shares == {"unusual_volume": pytest.approx(budget_share(10, 0))}


def test_rules_and_replays_change_no_budget():
    rules = [said(alert(n, f"u_{n}", "message_flood", RULE)) for n in range(10)]
    assert verdicts_of(*rules).shares == {}
    replay = [alert(n, f"u_{n}") for n in range(10)]
    for one in replay:
        one.stream = "replay:a"
    assert verdicts_of(*map(said, replay)).shares == {}


def test_a_smaller_budget_asks_for_more_evidence_of_its_kind_alone():
    factors = Verdicts((), {"unusual_volume": 0.1}).factors(4.0, NOTHING)
    asked = Asked((), factors)
    low, medium = DEFAULT.deviation.low, DEFAULT.deviation.medium
    assert low * asked.times(Grounds.DEVIATION, "unusual_volume") == pytest.approx(medium)
    assert asked.times(Grounds.DEVIATION, "unusual_errors") == 1.0


class Somebody:
    """A partition with one person whose messages come every ten seconds."""

    def __init__(self, synthetic) -> None:
        self.synthetic = synthetic
        self.detector = PartitionDetector(synthetic.scored_terms)
        self.table = VerdictTable()
        self.now_us, self.number = NOW, 0

    def sees(self, times: int = 1, **features: float) -> list[pb.Alert]:
        raised = []
        for _ in range(times):
            self.number += 1
            self.now_us += 10 * SECOND
            vector = self.synthetic.vector("u_a", self.number, self.now_us, self.synthetic.values(**features))
            outputs = self.detector.apply(self.number, self.synthetic.batch([vector]))
            for ended in outputs.resolved:
                self.table.end(ended)
            raised += outputs.raised
        return raised

    def answer(self, of: pb.Alert, *, true: bool = False) -> None:
        self.table.take(said(of, true=true, given_us=self.now_us))
        self.goes_by_them()

    def goes_by_them(self) -> None:
        self.detector.activate(replace(self.detector.terms, verdicts=self.table.verdicts()))

    def rests(self) -> None:
        """Until every incident is over, and what it came to is known."""
        self.sees(60)
        self.goes_by_them()


@pytest.fixture
def somebody(synthetic) -> Somebody:
    person = Somebody(synthetic)
    person.sees(600)
    return person


def test_a_flood_that_was_called_false_is_not_told_again_until_it_is_greater(somebody):
    (first,) = somebody.sees(12, messages_per_minute=120.0, requests_per_user=300.0)
    assert (first.kind, first.grounds, first.farthest) == ("message_flood", RULE, 120.0)
    somebody.answer(first)
    somebody.rests()
    assert somebody.sees(12, messages_per_minute=125.0, requests_per_user=300.0) == []
    somebody.rests()
    assert [one.kind for one in somebody.sees(2, messages_per_minute=160.0)] == ["message_flood"]


def test_a_flood_that_was_called_false_is_told_when_it_lasts_twice_as_long(somebody):
    (first,) = somebody.sees(24, messages_per_minute=120.0, requests_per_user=300.0)
    somebody.answer(first)
    somebody.rests()
    assert somebody.sees(24, messages_per_minute=120.0, requests_per_user=300.0) == [], "the same"
    somebody.rests()
    assert [one.kind for one in somebody.sees(48, messages_per_minute=120.0, requests_per_user=300.0)] == [
        "message_flood"
    ]


@pytest.mark.parametrize("size", [1500.0, 3000.0, 20_000.0, 300_000.0])
def test_what_is_twice_as_strong_or_as_long_as_what_was_called_false_is_always_told(somebody, size):
    (first,) = somebody.sees(12, avg_message_size=size)
    somebody.answer(first)
    somebody.rests()
    assert somebody.sees(12, avg_message_size=size) == [], "the same"
    somebody.rests()
    assert len(somebody.sees(24, avg_message_size=size)) == 1, "for twice as long"
    somebody.rests()
    ordinary = somebody.synthetic.values()[INDEX["avg_message_size"]]
    assert len(somebody.sees(12, avg_message_size=size**2 / ordinary)) == 1, "twice as far out, on the scale of sizes"


def test_a_deviation_that_was_called_false_is_told_when_it_is_larger_or_lasts_longer(somebody):
    (first,) = somebody.sees(12, avg_message_size=3000.0)
    assert (first.kind, first.grounds) == ("unusual_volume", "deviation")
    somebody.answer(first)
    somebody.rests()
    assert somebody.sees(10, avg_message_size=3000.0) == [], "the same"
    somebody.rests()
    assert [one.kind for one in somebody.sees(30, avg_message_size=3000.0)] == ["unusual_volume"], "for longer"
    somebody.rests()
    assert [one.kind for one in somebody.sees(6, avg_message_size=60_000.0)] == ["unusual_volume"], "larger"


def test_another_kind_of_the_same_person_is_told_as_always(somebody):
    (first,) = somebody.sees(12, avg_message_size=3000.0)
    somebody.answer(first)
    somebody.rests()
    kinds = [one.kind for one in somebody.sees(6, avg_message_size=3000.0, jwt_token_churn=30.0)]
    assert kinds == ["unusual_tokens"]


def test_a_true_verdict_brings_back_what_was_excused(somebody):
    (first,) = somebody.sees(12, messages_per_minute=120.0)
    somebody.answer(first)
    somebody.rests()
    (greater,) = somebody.sees(2, messages_per_minute=160.0)
    somebody.answer(greater, true=True)
    somebody.rests()
    assert [one.kind for one in somebody.sees(2, messages_per_minute=120.0)] == ["message_flood"]


def test_after_four_weeks_it_is_told_again(somebody):
    (first,) = somebody.sees(12, messages_per_minute=120.0)
    somebody.answer(first)
    somebody.now_us += LASTS_US + 3600 * SECOND
    somebody.sees(60)
    assert [one.kind for one in somebody.sees(2, messages_per_minute=120.0)] == ["message_flood"]


def test_they_stand_in_the_snapshot_and_detection_goes_on_by_them(somebody):
    (first,) = somebody.sees(12, messages_per_minute=120.0)
    somebody.answer(first)
    somebody.rests()
    pieces = {shard: [piece.data] for shard, piece in somebody.detector.dirty_shards().items()}
    terms = somebody.detector.terms
    restored = PartitionDetector.restore(load_header(somebody.detector.header()), pieces, terms.scorer)
    assert not restored.terms.differ(terms)
    somebody.detector = restored
    assert somebody.sees(12, messages_per_minute=120.0) == []


def test_a_header_from_before_there_were_verdicts_is_read(synthetic):
    fields = msgspec.msgpack.decode(PartitionDetector(synthetic.terms).header())
    del fields["leaves"], fields["shares"]
    header = load_header(msgspec.msgpack.encode(fields))
    assert PartitionDetector.restore(header, {}, None).terms.verdicts == NO_VERDICTS


def test_a_user_who_is_erased_has_no_leave_from_the_same_record_on(somebody):
    (first,) = somebody.sees(12, messages_per_minute=120.0)
    somebody.answer(first)
    batch = somebody.synthetic.quiet(somebody.now_us)
    batch.erased.append("u_a")
    batch.erased_us.append(somebody.now_us)
    somebody.detector.apply(somebody.number + 1, batch)
    assert somebody.detector.terms.verdicts == NO_VERDICTS
    assert b"u_a" not in somebody.detector.header()


def record(value) -> Record:
    topic = FEEDBACK_GIVEN if isinstance(value, FeedbackGiven) else ALERTS_RESOLVED
    return Record(topic, 0, 0, "id", 0, None, value, {})


class Clock:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def recent_us(monkeypatch) -> int:
    """Now, by the clock that verdicts expire by."""
    monkeypatch.setattr("resonance_predictor.verdicts.following.time.time_ns", lambda: (NOW + 1) * 1000)
    return NOW


async def test_a_burst_of_verdicts_is_one_change(recent_us):
    clock = Clock()
    followed = FollowedVerdicts(clock)
    followed.look()
    assert followed.current == NO_VERDICTS
    seen = set()
    for number in range(40):
        clock.now_s += SETTLE_S / 20
        await followed.handle([record(said(alert(number)))])
        followed.look()
        seen.add(len(followed.current.leaves))
    assert len(seen) == 3


async def test_partitions_keep_their_verdicts_until_all_were_read_and_then_go_by_them(synthetic, recent_us):
    health, followed = Health(30.0), FollowedVerdicts(clock := Clock())
    state = DetectorState(Models(None, health), RulesFile(None, health), health, verdicts=followed)
    await state.open(0, None)
    kept = verdicts_of(said(alert()))
    state._detectors[0].activate(replace(state._detectors[0].terms, verdicts=kept))
    assert not state.behind, "nothing was read yet"
    followed.look()
    assert state.behind
    await state.activate(0)
    assert state._detectors[0].terms.verdicts == NO_VERDICTS
    await followed.handle([record(said(alert())), record(alert(evidence=9.0))])
    clock.now_s += SETTLE_S
    followed.look()
    assert state.behind
    await state.activate(0)
    (leave,) = state._detectors[0].terms.verdicts.leaves
    assert leave.evidence == pytest.approx(1.25 * 9.0)


async def test_what_was_said_of_an_erased_user_is_forgotten_and_not_read_again(recent_us):
    followed = FollowedVerdicts(clock := Clock())
    await followed.handle([record(said(alert())), record(alert(evidence=9.0))])
    followed.erasures.take(UserErased(user_key="u_a", erased_us=NOW + 60 * SECOND))
    await followed.handle([record(said(alert())), record(alert(evidence=9.0))])
    clock.now_s += SETTLE_S
    followed.look()
    assert followed.current == NO_VERDICTS


def test_terms_with_other_verdicts_differ(synthetic):
    terms: Terms = synthetic.terms
    assert terms.differ(replace(terms, verdicts=verdicts_of(said(alert()))))
    assert not replace(terms, verdicts=verdicts_of(said(alert()))).differ(
        replace(terms, verdicts=verdicts_of(said(alert())))
    )
