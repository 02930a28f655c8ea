from __future__ import annotations

import json
from collections import Counter, defaultdict
from itertools import groupby, pairwise
from operator import attrgetter

import pytest

from resonance_client.simulation.kinds import ACCEPTED, Incident
from resonance_client.simulation.plan import Plan, Planted, Scenario, frames, further, make_plan
from resonance_client.timeline import Action, Kind

SEEDS = (1, 7, 11)
MESSAGES = (Kind.MESSAGE, Kind.PUBLISH)


@pytest.fixture(scope="module", params=SEEDS)
def plan(request: pytest.FixtureRequest) -> Plan:
    return make_plan(Scenario(seed=request.param))


def played(plan: Plan, kind: Incident) -> tuple[Planted, list[Action]]:
    planted = next(p for p in plan.incidents.planted if p.kind is kind)
    return planted, [a for a in plan.incidents.actions if a.user == planted.user and planted.start_us <= a.time_us]


def messages(actions: list[Action]) -> list[Action]:
    return [a for a in actions if a.kind in MESSAGES]


def per_minute(actions: list[Action]) -> float:
    sent = messages(actions)
    return len(sent) / ((sent[-1].time_us - sent[0].time_us) / 60e6)


def test_a_plan_is_a_function_of_its_scenario() -> None:
    five = make_plan(Scenario(seed=5, ordinary_users=10))
    assert five == make_plan(Scenario(seed=5, ordinary_users=10))
    assert five.learning != make_plan(Scenario(seed=6, ordinary_users=10)).learning


def test_it_is_as_large_as_a_demonstration_can_be(plan: Plan) -> None:
    everything = [*plan.learning.actions, *plan.incidents.actions]
    assert 20_000 < frames(everything) <= 40_000
    assert {p.kind for p in plan.incidents.planted} == set(Incident)
    assert len({p.user for p in plan.incidents.planted}) == len(Incident)
    assert len({a.user for a in everything}) == 87


def test_actions_are_in_order_and_connections_are_whole(plan: Plan) -> None:
    everything = [*plan.learning.actions, *plan.incidents.actions]
    assert everything == sorted(everything, key=attrgetter("time_us"))
    kinds: dict[str, list[Kind]] = defaultdict(list)
    for action in everything:
        kinds[action.connection].append(action.kind)
    for own in kinds.values():
        assert own[0] is Kind.CONNECT
        assert own[-1] is Kind.DISCONNECT
        assert Counter(own)[Kind.CONNECT] == Counter(own)[Kind.DISCONNECT] == 1


def test_nothing_is_planted_while_others_learn(plan: Plan) -> None:
    first = min(p.start_us for p in plan.incidents.planted)
    assert plan.learning.actions[-1].time_us < first
    for planted in plan.incidents.planted:
        assert planted.end_us <= plan.scenario.end_s * 1e6
        assert len([a for a in plan.learning.actions if a.user == planted.user and a.is_frame]) > 100


def test_a_flood_is_above_the_rule_and_below_the_limiter(plan: Plan) -> None:
    _, actions = played(plan, Incident.FLOOD)
    assert 120 < per_minute(actions) < 300


def test_a_slow_burn_is_above_the_users_own_pace_and_below_the_rule(plan: Plan) -> None:
    planted, actions = played(plan, Incident.SLOW_BURN)
    usual = [a for a in plan.learning.actions if a.user == planted.user and a.kind in MESSAGES]
    active = len({a.time_us // 60_000_000 for a in usual})
    assert 1.8 * len(usual) / active < per_minute(actions) < 100
    counts = [len([*group]) for _, group in groupby(messages(actions), key=lambda a: a.time_us // 60_000_000)]
    assert max(counts) < 100


def test_an_error_storm_is_mostly_errors_at_a_usual_pace(plan: Plan) -> None:
    _, actions = played(plan, Incident.ERROR_STORM)
    wrong = [a for a in messages(actions) if a.error or a.channels[0].startswith("admin.")]
    assert len(wrong) > 0.6 * len(messages(actions))
    assert any(a.kind is Kind.PUBLISH for a in wrong)
    assert per_minute(actions) < 30


def test_a_rotation_has_many_addresses_one_after_the_other(plan: Plan) -> None:
    _, actions = played(plan, Incident.ADDRESS_ROTATION)
    order = [address for address, _ in groupby(a.address for a in actions)]
    assert len(order) == len(set(order)) > 15
    assert len({a.token for a in actions}) == len(order)


def test_a_shared_token_is_used_from_many_addresses_at_once(plan: Plan) -> None:
    _, actions = played(plan, Incident.TOKEN_SHARING)
    assert len({a.token for a in actions}) == 1
    assert len({a.address for a in actions}) == 10
    changes = sum(before.address != after.address for before, after in pairwise(messages(actions)))
    assert changes > 0.7 * len(messages(actions))


def test_abuse_is_far_above_the_limit_for_longer_than_the_burst(plan: Plan) -> None:
    _, actions = played(plan, Incident.RATE_LIMIT_ABUSE)
    assert per_minute(actions) / 60 > 20
    assert len(messages(actions)) > 1500


def test_a_bot_keeps_time(plan: Plan) -> None:
    _, actions = played(plan, Incident.CLOCKWORK_BOT)
    gaps = {after.time_us - before.time_us for before, after in pairwise(messages(actions))}
    assert len(gaps) == 1
    assert len(messages(actions)) > 60


def test_every_kind_says_what_counts_as_found() -> None:
    assert set(ACCEPTED) == set(Incident)
    assert all("unusual_behaviour" in kinds for kinds in ACCEPTED.values())


def test_a_plan_can_be_written_as_json(plan: Plan) -> None:
    written = json.loads(json.dumps(plan.as_json()))
    assert len(written["planted"]) == 7
    assert written["scenario"]["seed"] == plan.scenario.seed


def test_further_chapters_go_on_where_the_last_one_ended() -> None:
    plan = make_plan(Scenario(seed=3, ordinary_users=10))
    chapters = [further(plan, number) for number in (1, 2, 3)]
    assert plan.incidents.actions[-1].time_us <= chapters[0].actions[0].time_us
    for before, after in pairwise(chapters):
        assert before.actions[-1].time_us <= after.actions[0].time_us
    names = [{a.connection for a in chapter.actions} for chapter in chapters]
    assert names[0].isdisjoint(names[1])
    assert names[1].isdisjoint(names[2])
    for chapter in chapters:
        assert len(chapter.planted) == 1
        assert chapter.planted[0].end_us <= chapter.actions[-1].time_us
