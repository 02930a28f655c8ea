"""Whose lag it is: planted culprits are named, shares add up, and what is missing or contradictory is said."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resonance_llm_orchestrator.lag.attribution import Comparison, split
from resonance_llm_orchestrator.lag.delays import Delays, delays_of
from resonance_llm_orchestrator.lag.measured import Measured, Ordinary, Player
from resonance_llm_orchestrator.lag.verdict import Verdict, verdict_of
from resonance_narration import LagDoubt, LagGroup, LagMeasure, LagParty
from tests.support.lag_world import World

CASES: Final = 200
USUAL: Final[Measured] = {
    LagMeasure.ROUND_TRIP: 40.0,
    LagMeasure.JITTER: 3.0,
    LagMeasure.LOSS: 0.001,
    LagMeasure.FRAME: 16.7,
    LagMeasure.TICK: 16.0,
}


@pytest.mark.parametrize("others_usual", [True, False])
@pytest.mark.parametrize(
    ("party", "kind"),
    [
        (LagParty.CLIENT, ""),
        (LagParty.ACCESS, "loss"),
        (LagParty.ACCESS, "jitter"),
        (LagParty.ROUTE, "loss"),
        (LagParty.ROUTE, "jitter"),
        (LagParty.SERVER, "tick"),
        (LagParty.SERVER, "loss"),
        (LagParty.SERVICE, ""),
        (LagParty.SERVICE, "tick"),
    ],
)
def test_the_planted_culprit_has_the_largest_share(party: LagParty, kind: str, others_usual: bool) -> None:
    verdicts = [verdict_of(*World(i).case(party, kind, 50 + i % 4 * 25, others_usual)) for i in range(CASES)]
    assert sum(verdict.culprit is party for verdict in verdicts) >= 0.95 * CASES
    assert all(sum(verdict.shares.values()) == 100 for verdict in verdicts)


@pytest.mark.parametrize(
    ("party", "kind"), [(LagParty.ACCESS, "own"), (LagParty.ACCESS, ""), (LagParty.ROUTE, ""), (LagParty.SERVER, "")]
)
def test_longer_round_trips_are_told_apart_by_what_is_usual_of_others(party: LagParty, kind: str) -> None:
    verdicts = [verdict_of(*World(i).case(party, kind, 50 + i % 4 * 25)) for i in range(CASES)]
    assert sum(verdict.culprit is party for verdict in verdicts) >= 0.95 * CASES


def test_without_what_is_usual_of_others_a_longer_round_trip_is_told_with_less_confidence() -> None:
    for party in (LagParty.ACCESS, LagParty.ROUTE, LagParty.SERVER):
        sure, unsure = (
            [verdict_of(*World(i).case(party, "", 80, usual)).confidence for i in range(20)] for usual in (True, False)
        )
        assert sum(unsure) < 0.75 * sum(sure)


@pytest.mark.parametrize("others_usual", [True, False])
def test_where_nothing_is_planted_nothing_is_out_of_the_ordinary(others_usual: bool) -> None:
    verdicts = [verdict_of(*World(i).case(None, others_usual=others_usual)) for i in range(CASES)]
    assert sum(verdict.culprit is None for verdict in verdicts) >= 0.95 * CASES


def test_two_faults_share_the_lag() -> None:
    player, history, neighbours = World(3).case(LagParty.ROUTE, "", 90)
    measured = {**player.measured, LagMeasure.FRAME: player.measured[LagMeasure.FRAME] + 90}
    verdict = verdict_of(replace(player, measured=measured), history, neighbours)
    assert {party for party, share in verdict.shares.items() if share} == {LagParty.ROUTE, LagParty.CLIENT}
    assert verdict.shares[LagParty.ROUTE] == pytest.approx(50, abs=10)


def players(count: int, access: str, route: str, server: str, **measured: float) -> list[Player]:
    found = {**USUAL, **{LagMeasure(name): value for name, value in measured.items()}}
    return [Player(found, USUAL, access, route, server) for _ in range(count)]


def verdict(neighbours: list[Player], history: int = 20, **measured: float) -> Verdict:
    (player,) = players(1, "a1", "r1", "s1", **measured)
    return verdict_of(replace(player, usual={}), [USUAL] * history, neighbours)


FAR: Final = {"rtt_ms": 140.0}
ELSEWHERE: Final = players(5, "a4", "r2", "s2")


def test_without_others_access_route_and_server_share_alike_and_it_is_a_guess() -> None:
    alone = verdict([], **FAR)
    assert sorted(alone.shares.values()) == [0, 0, 33, 33, 34]
    assert alone.shares[LagParty.CLIENT] == alone.shares[LagParty.SERVICE] == 0
    assert alone.confidence < 0.4
    assert [about for doubt, about in alone.doubts if doubt is LagDoubt.FEW_NEIGHBOURS] == list(LagGroup)


def test_what_only_this_player_has_is_their_access() -> None:
    assert verdict(players(3, "a1", "r1", "s1"), **FAR).shares[LagParty.ACCESS] == 100


def test_what_the_access_network_shares_may_be_anything_up_to_the_server() -> None:
    shared = verdict(players(3, "a1", "r1", "s1", **FAR) + ELSEWHERE, **FAR)
    assert [shared.shares[party] for party in (LagParty.ACCESS, LagParty.ROUTE, LagParty.SERVER)] == [34, 33, 33]


def test_the_first_hop_is_the_access_network_even_without_others() -> None:
    history = [{**USUAL, LagMeasure.FIRST_HOP: 2.0}] * 9
    (player,) = players(1, "a1", "r1", "s1", rtt_ms=140, first_hop_ms=102)
    assert verdict_of(replace(player, usual={}), history, []).shares[LagParty.ACCESS] == 100


@pytest.mark.parametrize("missing", [LagMeasure.FRAME, LagMeasure.TICK, LagMeasure.JITTER, LagMeasure.LOSS])
def test_a_missing_measurement_is_said_and_lowers_the_confidence(missing: LagMeasure) -> None:
    neighbours = players(8, "a1", "r1", "s1") + ELSEWHERE
    whole = verdict(neighbours, **FAR)
    (player,) = players(1, "a1", "r1", "s1", **FAR)
    measured = {measure: value for measure, value in player.measured.items() if measure is not missing}
    part = verdict_of(replace(player, measured=measured, usual={}), [USUAL] * 20, neighbours)
    assert (LagDoubt.MISSING, str(missing)) in part.doubts and part.confidence < whole.confidence


def test_contradictions_are_said_and_lower_the_confidence() -> None:
    whole = verdict(ELSEWHERE, **FAR)
    hop = verdict(ELSEWHERE, **FAR, first_hop_ms=300)
    lost = verdict(ELSEWHERE, **FAR, loss=1.0)
    assert (LagDoubt.HOP_OVER_TRIP, "") in hop.doubts and (LagDoubt.LOST, "") in lost.doubts
    assert max(hop.confidence, lost.confidence) < whole.confidence


def test_a_tick_that_others_on_the_server_do_not_measure_is_not_believed() -> None:
    found = verdict(players(5, "a2", "r1", "s1"), server_tick_ms=90)
    assert found.culprit is None and (LagDoubt.TICK_DISAGREES, "") in found.doubts


def test_frames_that_are_longer_for_all_are_said_to_be() -> None:
    slow = {"frame_time_ms": 60.0}
    found = verdict(players(5, "a2", "r1", "s1", **slow), **slow)
    assert found.culprit is LagParty.CLIENT and (LagDoubt.FRAMES_OF_ALL, "") in found.doubts


def test_without_history_the_best_off_quarter_is_what_can_be_had() -> None:
    (player,) = players(1, "a1", "r1", "s1", jitter_ms=40)
    found = verdict_of(replace(player, usual={}), [], players(8, "a1", "r1", "s1") + ELSEWHERE)
    assert found.culprit is LagParty.ACCESS and (LagDoubt.NO_HISTORY, "") in found.doubts
    nothing = verdict_of(replace(player, usual={}), [], [])
    assert (nothing.culprit, nothing.confidence) == (None, 0.0)


def test_loss_costs_what_sending_again_costs() -> None:
    ordinary = {measure: Ordinary(value, 0.0) for measure, value in USUAL.items()}
    delays = delays_of({**USUAL, LagMeasure.LOSS: 0.2}, ordinary)
    assert delays.loss == pytest.approx(200 * (0.25 - 0.001 / 0.999))
    slow = delays_of({**USUAL, LagMeasure.LOSS: 0.2, LagMeasure.ROUND_TRIP: 300.0}, ordinary)
    assert slow.loss == pytest.approx(312 * (0.25 - 0.001 / 0.999))


amounts = st.floats(0, 5_000)
delays = st.builds(Delays, amounts, amounts, amounts, amounts, amounts, amounts, amounts)
groups = st.fixed_dictionaries({group: st.builds(Comparison, st.just(3), st.none() | delays) for group in LagGroup})


@settings(max_examples=300)
@given(delays, groups)
def test_parts_are_never_negative_and_add_up_to_the_lag(own: Delays, others: dict[LagGroup, Comparison]) -> None:
    parts = split(own, others)
    assert set(parts) == set(LagParty) and min(parts.values()) >= 0
    assert sum(parts.values()) == pytest.approx(own.total, rel=1e-9, abs=1e-9)


@settings(max_examples=300)
@given(delays, groups, st.floats(0, 1_000))
def test_longer_frames_only_ever_add_to_the_clients_part(
    own: Delays, others: dict[LagGroup, Comparison], more: float
) -> None:
    before, after = split(own, others), split(replace(own, frame=own.frame + more), others)
    assert after[LagParty.CLIENT] >= before[LagParty.CLIENT]
    assert all(after[party] == before[party] for party in LagParty if party is not LagParty.CLIENT)


@settings(max_examples=300)
@given(delays, groups, st.floats(0, 1_000))
def test_what_more_players_of_the_server_share_never_lowers_the_servers_part(
    own: Delays, others: dict[LagGroup, Comparison], more: float
) -> None:
    seen = others[LagGroup.SERVER].delays or Delays()
    known = {**others, LagGroup.SERVER: Comparison(3, seen)}
    worse = {**known, LagGroup.SERVER: Comparison(3, replace(seen, round_trip=seen.round_trip + more))}
    assert split(own, worse)[LagParty.SERVER] >= split(own, known)[LagParty.SERVER] - 1e-6


values = st.floats(0, 60_000)
measurements = st.dictionaries(st.sampled_from(list(LagMeasure)), values).map(
    lambda found: {m: min(v, 1.0) if m is LagMeasure.LOSS else v for m, v in found.items()}
)
places = st.sampled_from(["", "x", "y"])
anybody = st.builds(Player, measurements, measurements, places, places, places)


@settings(max_examples=200)
@given(anybody, st.lists(measurements, max_size=8), st.lists(anybody, max_size=15))
def test_shares_are_whole_hundredths_that_add_up_whatever_is_measured(
    player: Player, history: list[Measured], neighbours: list[Player]
) -> None:
    found = verdict_of(player, history, neighbours)
    assert sum(found.shares.values()) == (100 if found.shares else 0)
    assert all(0 <= share <= 100 for share in found.shares.values())
    assert 0 <= found.confidence <= 1
    assert list(found.shares.values()) == sorted(found.shares.values(), reverse=True)
