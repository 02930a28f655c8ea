"""The benchmark `orchestrator`, small."""

from __future__ import annotations

from tests.bench.benchmark import Surroundings
from tests.bench.writing import benchmark
from tests.bench.writing.measure import PROVIDER_S, added


def test_a_trial_goes_through_all_of_it() -> None:
    measured = benchmark.run(Surroundings(None, None, lambda _: None, trial=True))
    assert set(measured.values) == {figure.name for figure in benchmark.FIGURES}
    assert all(value.ours > 0 for value in measured.values.values())


def test_the_providers_own_time_is_not_ours() -> None:
    found = added(96)
    assert min(found.whole) >= PROVIDER_S * 1e3
    assert min(found.ours) < PROVIDER_S * 1e3 / 2
