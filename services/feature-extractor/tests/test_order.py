"""Records are taken once, in order, and what is missing is asked for."""

from __future__ import annotations

from resonance_feature_extractor.order import MOST_ASKED, PATIENCE_S, Order, Verdict


def test_each_is_taken_once_and_in_order() -> None:
    order = Order(5)
    assert [order.judge(offset, 0.0) for offset in (5, 6, 6, 4, 7)] == [
        Verdict.TAKE,
        Verdict.TAKE,
        Verdict.REPEATED,
        Verdict.REPEATED,
        Verdict.TAKE,
    ]


def test_what_is_missing_is_asked_for_and_then_taken() -> None:
    order = Order(5)
    assert order.judge(8, 100.0) is Verdict.ASK
    assert order.judge(9, 100.0) is Verdict.EARLY
    assert order.next == 5
    assert [order.judge(offset, 100.1) for offset in (5, 6, 7, 8, 9)] == [Verdict.TAKE] * 5


def test_it_is_asked_for_again_when_the_first_time_did_not_help() -> None:
    order = Order(5)
    assert order.judge(8, 100.0) is Verdict.ASK
    assert order.judge(9, 100.0 + PATIENCE_S) is Verdict.ASK
    assert order.next == 5


def test_what_is_not_on_the_log_any_more_is_not_waited_for() -> None:
    order, now_s = Order(0), 100.0
    for _ in range(MOST_ASKED):
        assert order.judge(70, now_s) is Verdict.ASK
        now_s += PATIENCE_S
    assert [order.judge(offset, now_s) for offset in (70, 71, 69)] == [Verdict.TAKE, Verdict.TAKE, Verdict.REPEATED]
    assert order.judge(75, now_s) is Verdict.ASK
