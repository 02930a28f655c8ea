"""Records are taken once and in order."""

from __future__ import annotations

import pytest

from resonance_feature_extractor.order import Order, Verdict


@pytest.mark.parametrize("begin", [5, None])
def test_each_is_taken_once_and_in_order(begin: int | None) -> None:
    order = Order(begin)
    assert [order.judge(offset) for offset in (5, 6, 6, 4, 7)] == [
        Verdict.TAKE,
        Verdict.TAKE,
        Verdict.REPEATED,
        Verdict.REPEATED,
        Verdict.TAKE,
    ]


def test_none_is_taken_before_the_one_that_precedes_it() -> None:
    order = Order(5)
    assert [order.judge(offset) for offset in (8, 5, 8)] == [Verdict.EARLY, Verdict.TAKE, Verdict.EARLY]
    assert order.next == 6


def test_what_was_deleted_is_not_waited_for() -> None:
    order = Order(5)
    order.skip_to(8)
    assert order.judge(8) is Verdict.TAKE
    order.skip_to(3)
    assert order.next == 9
