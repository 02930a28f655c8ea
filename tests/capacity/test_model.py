"""The model finds coefficients that are there, and what it says of sizes follows from them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.capacity.figures import BOUND, Figures
from tests.capacity.model import Line, Tried, fit, paced
from tests.capacity.resources import FOLDER, OVERLAYS, manifest
from tests.capacity.sizing import ACTIVITY, CONNECTIONS_A_GATEWAY, FULL, MOST_PARTITIONS, Behaviour, records


@pytest.fixture(scope="module")
def figures() -> Figures:
    """What was measured last."""
    return Figures.kept()


def test_coefficients_that_made_the_figures_are_found() -> None:
    made = Line(0.02, {"events": 40e-6, "vectors": 100e-6})
    rates = [{"events": e, "vectors": v} for e, v in ((0, 0), (600, 600), (3000, 300), (1500, 500), (100, 90))]
    found = fit(rates, [made.at(rate) for rate in rates], ("events", "vectors"))
    assert found.idle == pytest.approx(made.idle)
    assert found.slopes == pytest.approx(made.slopes)


def test_no_coefficient_is_negative() -> None:
    rates = [{"events": float(e)} for e in (0, 100, 200)]
    assert fit(rates, [3.0, 2.0, 1.0], ("events",)).slopes["events"] == 0.0


def test_how_far_off_is_a_share_of_what_was_measured() -> None:
    assert Tried("run", "cores", 0.5, 0.6).off == pytest.approx(0.2)


def test_memory_and_bytes_of_other_runs_are_predicted_within_the_bound(figures: Figures) -> None:
    judged = [one for one in figures.judged() if not one.what.startswith("cores")]
    assert len(judged) >= 9
    assert {(one.run, one.what): one.off for one in judged if abs(one.off) > BOUND} == {}


def test_a_slow_machine_makes_nothing_dearer(figures: Figures) -> None:
    first = replace(figures.courses[1], pace_s=1.0)
    slow = replace(first, pace_s=2.0, cpu_s={name: 2 * used for name, used in first.cpu_s.items()})
    found = paced([first, slow, first])
    assert found[1].cpu_s == pytest.approx(found[0].cpu_s)


def test_records_are_never_more_than_events_and_grow_with_gateways() -> None:
    few, many = ({"events": e, "vectors": e} for e in (1_000.0, 10_000.0))
    assert 32 <= records(few, 1, 8)[ACTIVITY] <= 1_032
    assert records(few, 1, 8)[ACTIVITY] < records(many, 1, 8)[ACTIVITY] < 10_000
    assert records(many, 4, 8)[ACTIVITY] > records(many, 1, 8)[ACTIVITY]


@pytest.mark.parametrize("users", [10_000, 1_000_000, 100_000_000])
def test_what_is_needed_is_within_what_can_be(figures: Figures, users: int) -> None:
    needed = figures.sized(Behaviour(users))
    assert needed.partitions <= MOST_PARTITIONS
    for name in ("feature-extractor", "predictor"):
        assert needed.workers[name].count <= needed.partitions
    assert all(worker.cores <= FULL + 0.05 for worker in needed.workers.values())
    gateways = needed.workers["gateway"].count * needed.systems
    assert gateways * CONNECTIONS_A_GATEWAY >= users * needed.behaviour.connected


def test_more_users_need_no_less_of_anything(figures: Figures) -> None:
    few, many = figures.sized(Behaviour(100_000)), figures.sized(Behaviour(1_000_000))
    assert many.state > few.state and many.online > few.online and many.partitions >= few.partitions
    assert all(many.disk[topic] >= size for topic, size in few.disk.items())
    for name, worker in few.workers.items():
        assert many.workers[name].count >= worker.count


def test_overlays_have_as_many_partitions_as_their_users_need_and_are_sized_for(figures: Figures) -> None:
    for overlay, file in (("small", "base/config"), ("production", "overlays/production")):
        said = (FOLDER.parent / file / "common.env").read_text(encoding="utf-8")
        partitions = int(said.split("RESONANCE_PARTITIONS=")[1].split()[0])
        needed = figures.sized(Behaviour(OVERLAYS[overlay].users)).partitions
        assert partitions == figures.overlays()[overlay].partitions >= needed


def test_requests_of_the_manifests_are_made_of_the_figures(figures: Figures) -> None:
    for overlay, needed in figures.overlays().items():
        written = (FOLDER / overlay / "resources.yaml").read_text(encoding="utf-8")
        assert written == manifest(needed), f"{overlay}: `python -m tests.capacity --kept --document` writes it anew"
