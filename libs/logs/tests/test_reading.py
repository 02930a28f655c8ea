"""Entries, times, what is new or rare, bursts, and lines that nobody wrote by hand."""

from __future__ import annotations

import io
import json
import random
from datetime import UTC, datetime

import pytest

from resonance_logs import Level, LogReader, clean, lines_of, redacted, since
from resonance_logs.bursts import FALSE_ALARM, burst
from resonance_logs.report import Report
from resonance_logs.timeline import SLOTS

TRACE = """\
2024-05-31 10:00:00 ERROR app: request failed
Traceback (most recent call last):
  File "a.py", line 3, in f
ValueError: no such thing

2024-05-31 10:00:01 INFO app: next request""".splitlines()


def read(lines: list[str], **options: object) -> Report:
    reader = LogReader(**options)  # type: ignore[arg-type]
    for line in lines:
        reader.read(line)
    return reader.report()


def minute(number: int, text: str) -> str:
    return f"{datetime.fromtimestamp(1_700_000_000 + 60 * number, UTC):%Y-%m-%d %H:%M:%S} {text}"


def test_a_stack_trace_belongs_to_the_line_before() -> None:
    reader = LogReader()
    numbers = [reader.read(line) for line in TRACE]
    report = reader.report()
    assert report.entries == 2
    assert len(set(numbers[:5])) == 1
    assert numbers[5] != numbers[4]
    assert report.levels == {Level.ERROR: 1, Level.INFO: 1}


def test_a_log_in_which_one_line_has_a_time_is_not_one_entry() -> None:
    report = read([minute(0, "begun"), *(f"line {number} of many" for number in range(500))])
    assert report.entries > 400


def test_json_lines_and_pairs_name_message_time_and_level() -> None:
    lines = [
        json.dumps({"time": "2024-05-31T10:00:00Z", "level": "error", "msg": "write of 7 blocks failed"}),
        json.dumps({"@timestamp": "2024-05-31T10:00:01Z", "level": 50, "message": "write of 9 blocks failed"}),
        'time=2024-05-31T10:00:02Z level=error msg="write of 11 blocks failed"',
    ]
    report = read(lines)
    assert [(one.text, one.count) for one in report.templates] == [("write of <num> blocks failed", 3)]
    assert report.levels == {Level.ERROR: 3}
    assert report.timed == 3


def test_what_came_in_the_last_tenth_alone_is_new_and_what_came_hardly_ever_is_rare() -> None:
    lines = [minute(number, "INFO all is well") for number in range(1_000)]
    lines[100] = minute(100, "ERROR the disk failed")
    lines[950] = minute(950, "ERROR the network failed entirely")
    found = {one.text: one for one in read(lines).templates}
    assert not found["all is well"].new
    assert not found["all is well"].rare
    assert found["the disk failed"].rare
    assert not found["the disk failed"].new
    assert found["the network failed entirely"].new


def test_with_a_baseline_what_is_not_in_it_is_new() -> None:
    reader = LogReader()
    for number in range(10):
        reader.learn(f"request {number} served")
    reader.begin()
    for line in ("request 99 served", "the cache is gone"):
        reader.read(line)
    report = reader.report()
    assert {one.text: one.new for one in report.templates} == {"request <num> served": False, "the cache is gone": True}
    assert report.baseline == 10
    assert report.entries == 2


def test_a_burst_is_found_where_it_is() -> None:
    lines = [minute(number, "INFO beat of the heart") for number in range(240) for _ in range(3)]
    lines += [minute(number, "ERROR refused by the upstream") for number in range(0, 240, 40)]
    lines += [minute(number, "ERROR refused by the upstream") for number in (100, 101, 102) for _ in range(20)]
    report = read(lines)
    found = next(one for one in report.templates if one.text == "refused by the upstream")
    beat = next(one for one in report.templates if one.text == "beat of the heart")
    assert found.burst is not None
    assert abs(found.burst.start - (1_700_000_000 + 6_000)) <= 128
    assert found.burst.count >= 55
    assert found.burst.chance < FALSE_ALARM
    assert beat.burst is None


def test_what_comes_at_random_has_bursts_as_seldom_as_is_stated() -> None:
    chance, alarms, logs = random.Random(5), 0, 200
    for _ in range(logs):
        templates = [[0] * 100 for _ in range(5)]
        for one in templates:
            for _ in range(chance.choice((8, 50, 400))):
                one[chance.randrange(100)] += 1
        whole = [max(1, sum(column)) for column in zip(*templates, strict=True)]
        alarms += any(burst(one, whole, len(templates)) is not None for one in templates)
    assert alarms <= 5  # Of 200 logs 2 are expected at most.


def test_a_burst_of_the_whole_log_is_none_of_each_template() -> None:
    counts = [2] * 50 + [40] * 5 + [2] * 50
    assert burst(counts, [3 * count for count in counts], 3) is None
    assert burst(counts, [count + 200 for count in counts], 3) is not None


def test_buckets_grow_with_the_time_that_a_log_spans() -> None:
    report = read([minute(60 * number, "INFO tick") for number in range(2_000)])
    tick = report.templates[0]
    assert len(tick.timeline) <= SLOTS
    assert sum(tick.timeline.values()) == 2_000
    assert report.bucket_s >= 2_000 * 3_600 / SLOTS


@pytest.mark.parametrize(
    "data", [b"\xff\xfe" + "caf\u00e9 ok\nsecond".encode("utf-16-le"), b"caf\xe9 ok\nsecond", b"caf\x00 ok\r\nsecond\n"]
)
def test_any_encoding_gives_lines(data: bytes) -> None:
    lines = list(lines_of(io.BytesIO(data)))
    assert [line.split()[-1] for line in lines] == ["ok", "second"]


def test_a_line_without_end_is_cut_and_the_next_one_is_whole() -> None:
    lines = list(lines_of(io.BytesIO(b"x" * 1_000_000 + b"\nshort\n")))
    assert len(lines) == 2
    assert len(lines[0]) <= 16_384
    assert lines[1] == "short"


def test_what_hides_or_turns_text_is_taken_out() -> None:
    assert clean("a\x1b[31mred\u202e\u200b\x07end") == "ared end"


def test_lines_of_the_last_hour_are_counted_from_the_latest_one() -> None:
    lines = [minute(number, f"INFO step {number}") for number in range(0, 300, 30)]
    assert since(lines, 3_600) == lines[-3:]
    assert since(["no time", "at all"], 60) == ["no time", "at all"]


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("login of bob@example.org from 10.1.2.3 took 12 ms", "login of <email> from <ip> took 12 ms"),
        ("password=hunter2 rejected", "password=<secret> rejected"),
        ('{"api_key": "abc", "n": 3}', '{"api_key": "<secret>", "n": 3}'),
        ("Authorization: Bearer abc.def", "Authorization: Bearer <secret>"),
        ("call +7 (916) 123-45-67 back", "call <phone> back"),
        ("key AKIA1234567890ABCDEFGHIJ0 used", "key <secret> used"),
        ("ИНН 7707083893, карта 4111 1111 1111 1111", "ИНН <inn>, карта <card>"),
        ("живёт: ул. Ленина, д. 5, кв. 12", "живёт: <address>"),
        ("invalid user anna tried 3 times", "invalid user <user> tried 3 times"),
    ],
)
def test_secrets_and_personal_data_are_hidden_by_their_form(text: str, hidden: str) -> None:
    assert redacted(text) == hidden
