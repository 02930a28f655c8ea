"""Learning takes one core, however many there are, and gives them back."""

from __future__ import annotations

import numpy as np
from threadpoolctl import threadpool_info

from resonance_training.threads import on_one_thread


def threads() -> list[int]:
    """Of each BLAS library that is loaded."""
    np.ones((2, 2)) @ np.ones((2, 2))
    return [one["num_threads"] for one in threadpool_info() if one["user_api"] == "blas"]


def test_products_are_on_one_thread_meanwhile() -> None:
    before = threads()
    assert before
    assert on_one_thread(threads)() == [1] * len(before)
    assert threads() == before


def test_arguments_and_results_pass_through() -> None:
    assert on_one_thread(divmod)(7, 2) == (3, 1)
