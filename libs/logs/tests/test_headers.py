"""What stands before a message is recognised by form, in the formats that programs write."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from resonance_logs.headers import HeaderReader
from resonance_logs.levels import Level
from resonance_logs.timestamps import Clock

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def at(*parts: int) -> float:
    return datetime(*parts, tzinfo=UTC).timestamp()  # type: ignore[misc, arg-type]


FORMATS = [
    ("2024-05-31 10:00:01,25 - INFO  [main] a.b.C: begun", "begun", at(2024, 5, 31, 10, 0, 1, 250_000), Level.INFO),
    ("2024-05-31T10:00:01Z WARN disk is nearly full", "disk is nearly full", at(2024, 5, 31, 10, 0, 1), Level.WARNING),
    ("2024-05-31T12:00:01+02:00 ERROR x failed", "x failed", at(2024, 5, 31, 10, 0, 1), Level.ERROR),
    ("Feb 10 06:55:46 host sshd[24200]: Invalid user bob", "Invalid user bob", at(2026, 2, 10, 6, 55, 46), None),
    ("Dec 10 06:55:46 host cron: done", "done", at(2025, 12, 10, 6, 55, 46), None),
    ("<34>Feb 10 06:55:46 host su[1]: failed", "failed", at(2026, 2, 10, 6, 55, 46), None),
    ("[Sun Dec 04 04:47:44 2005] [error] no such file", "no such file", at(2005, 12, 4, 4, 47, 44), Level.ERROR),
    ("17/06/09 20:10:40 INFO exec.Backend: Got it", "Got it", at(2017, 6, 9, 20, 10, 40), Level.INFO),
    ("081109 203615 148 INFO dfs.DataNode: Served it", "Served it", at(2008, 11, 9, 20, 36, 15), Level.INFO),
    ("I0210 12:34:56.123456  77 a.go:12] ready", "ready", at(2026, 2, 10, 12, 34, 56, 123_456), Level.INFO),
    ('1.2.3.4 - - [10/Oct/2000:13:55:36 -0700] "GET /" 200', '"GET /" 200', at(2000, 10, 10, 20, 55, 36), None),
    ("1700000000.5 worker[7]: begun", "begun", 1_700_000_000.5, None),
    ("31.12.2024 23:59:59 ERROR over", "over", at(2024, 12, 31, 23, 59, 59), Level.ERROR),
    ("ERROR: connection failed", "connection failed", None, Level.ERROR),
    ("[WARN] slow", "slow", None, Level.WARNING),
    ("the error was found at noon", "the error was found at noon", None, None),
    ("Backup ended at 2024-05-31 10:00:01 as planned", "Backup ended at 2024-05-31 10:00:01 as planned", None, None),
]  # fmt: skip


@pytest.mark.parametrize(("line", "message", "time", "level"), FORMATS)
def test_a_header_is_cut_and_says_time_and_level(
    line: str, message: str, time: float | None, level: Level | None
) -> None:
    entry = HeaderReader(Clock(NOW)).read(line)
    assert entry.message == message
    assert entry.time == (None if time is None else pytest.approx(time, abs=1e-3))
    assert entry.level is level


@pytest.mark.parametrize("line", ["9999-99-99 99:99:99 x", "0000-01-01 00:00:00 x", "Feb 31 10:00:00 h p[1]: x"])
def test_a_time_that_is_none_names_no_moment(line: str) -> None:
    assert HeaderReader(Clock(NOW)).read(line).time is None
