"""The benchmark `detection` on a small set of its own: the protocol judges by labels and shows none to the detector."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.bench.benchmark import Surroundings, Unmeasured
from tests.bench.detection import benchmark
from tests.bench.detection.protocol import MOST_ROWS, SEEDS, Floats, judge, sets


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of sets with one in it, a tenth of whose rows lie far out."""
    rows = np.random.default_rng(1).normal(size=(300, 3))
    rows[:30] += 8.0
    (tmp_path / benchmark.TABLES).mkdir()
    np.savez(tmp_path / benchmark.TABLES / "1_small.npz", X=rows, y=np.repeat([1, 0], [30, 270]))
    return tmp_path


def test_a_perfect_and_a_wrong_order_are_told_apart(folder: Path) -> None:
    (path,) = sets(folder / benchmark.TABLES)
    right = judge(path, lambda _, scored, __: scored.sum(axis=1))
    wrong = judge(path, lambda _, scored, __: -scored.sum(axis=1))
    assert (right.auroc, right.aucpr) == pytest.approx((100, 100))
    assert wrong.auroc == pytest.approx(0)
    assert wrong.aucpr < 15


def test_three_splits_of_seventy_to_thirty_are_made(folder: Path) -> None:
    seen: list[tuple[int, int, int]] = []

    def note(learned: Floats, scored: Floats, seed: int) -> Floats:
        assert learned.min() == pytest.approx(0)
        assert learned.max() == pytest.approx(1)
        seen.append((len(learned), len(scored), seed))
        return np.zeros(len(scored))

    judge(sets(folder / benchmark.TABLES)[0], note)
    assert seen == [(210, 90, seed) for seed in SEEDS]


def test_large_sets_are_cut(tmp_path: Path) -> None:
    count = MOST_ROWS + 2_000
    np.savez(tmp_path / "large.npz", X=np.zeros((count, 2)), y=np.arange(count) % 10 == 0)
    sizes: list[int] = []
    judge(tmp_path / "large.npz", lambda learned, scored, _: sizes.append(len(learned) + len(scored)) or scored[:, 0])
    assert sizes == [MOST_ROWS] * 3


def test_ours_finds_what_lies_far_out(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(benchmark.DATA, str(folder))
    measured = benchmark.run(Surroundings(None, None, lambda _: None))
    assert measured.values["auroc"].ours > 99
    assert measured.values["aucpr"].ours > 99
    assert measured.peer == ""


def test_without_data_it_says_what_to_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(benchmark.DATA, str(tmp_path))
    with pytest.raises(Unmeasured, match=f"set {benchmark.DATA} to a folder that has adbench"):
        benchmark.run(Surroundings(None, None, lambda _: None))
