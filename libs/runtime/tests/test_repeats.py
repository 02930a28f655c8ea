"""What a library says again and again is logged once in a while; what we say, always."""

from __future__ import annotations

import logging

import pytest

from resonance_runtime.repeats import MOST_TEXTS, Repeats


class Said:
    """Passes texts through the filter, with a clock."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self._filter = Repeats(("aiokafka",), lambda: self.now_s)

    def __call__(self, name: str, text: str, *arguments: object) -> logging.LogRecord | None:
        record = logging.LogRecord(name, logging.ERROR, "", 1, text, arguments, None)
        return record if self._filter.filter(record) else None


@pytest.fixture
def say() -> Said:
    return Said()


def test_the_same_is_said_once_in_ten_seconds_with_how_often_it_was_not(say: Said) -> None:
    assert say("aiokafka", "no connection to %s", 1)
    assert not any(say("aiokafka", "no connection to %s", 1) for _ in range(30))
    say.now_s = 10.0
    again = say("aiokafka", "no connection to %s", 1)
    assert again is not None and vars(again)["repeated"] == 30
    say.now_s = 30.0
    last = say("aiokafka", "no connection to %s", 1)
    assert last is not None and "repeated" not in vars(last)


def test_another_text_another_logger_and_our_own_are_said(say: Said) -> None:
    assert all(say("aiokafka", "no connection to %s", node) for node in range(3))
    assert say("aiokafka.consumer", "no connection to %s", 1)
    assert not say("aiokafka.consumer", "no connection to %s", 1)
    assert all(say("resonance_runtime.loop", "waiting") for _ in range(3))
    assert all(say("aiokafkaesque", "waiting") for _ in range(3))


def test_texts_without_end_are_not_kept(say: Said) -> None:
    assert all(say("aiokafka", "offset %s", number) for number in range(3 * MOST_TEXTS))
    assert len(say._filter._said) <= MOST_TEXTS
