"""What waits for a partition: in order, bounded by records and by bytes."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from resonance_runtime import inbox
from resonance_runtime.inbox import Inbox


@dataclass
class Raw:
    """A record as the Kafka client gives it."""

    offset: int
    value: bytes | None = b"1234"
    topic: str = "t"
    partition: int = 0
    key: bytes | None = None
    headers: tuple[tuple[str, bytes], ...] = ()


def offsets(records: list[Raw]) -> list[int]:
    return [record.offset for record in records]


def test_batches_are_taken_in_order_and_no_larger_than_asked() -> None:
    box = Inbox(3)
    box.put(Raw(i) for i in range(4))
    box.put([Raw(4)])
    assert offsets(box.take()) == [0, 1, 2]
    assert offsets(box.take()) == [3, 4]
    assert box.take() == []


def test_it_is_full_while_a_batch_waits() -> None:
    box = Inbox(3)
    box.put([Raw(0), Raw(1)])
    assert not box.full
    box.put([Raw(2)])
    assert box.full
    box.take()
    assert not box.full


def test_large_records_make_it_full_sooner(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox, "MOST_BYTES", 10)
    box = Inbox(100)
    box.put([Raw(0, b"x" * 9), Raw(1, None)])
    assert not box.full
    box.put([Raw(2, b"x")])
    assert box.full
    box.clear()
    assert not box.full
    assert box.take() == []
