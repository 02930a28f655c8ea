"""Each line has exactly one template; memory is bounded; order changes nothing."""

from __future__ import annotations

import random
from collections import defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resonance_logs import LogReader
from resonance_logs.masks import Masker, collapsed, refined
from resonance_logs.miner import Miner

MESSAGES = [
    lambda r: (
        f"Accepted password for user {r.choice('abcdef') * 5} from 10.0.0.{r.randrange(255)} port {r.randrange(9999)}"
    ),
    lambda r: f"VM {r.choice(['Paused', 'Stopped', 'Resumed'])} after {r.random():.2f} seconds",
    lambda r: f"GET /v2/{r.randrange(99)}/detail status: {r.choice([200, 404])} len: {r.randrange(9999)}",
    lambda r: f"block blk_{r.randrange(10**12)} written to /data/{r.randrange(9)}/x.log ({r.random() * 90:.1f} KB)",
    lambda r: "delete " + " ".join(f"blk_{r.randrange(10**6)}" for _ in range(r.randrange(1, 9))),
]


def shown(message: str) -> str:
    return " ".join(refined(" ".join(Masker().tokens(message))))


@pytest.mark.parametrize(
    ("message", "template"),
    [
        ("from 10.1.2.3:80 to 2001:db8:0:0:0:0:0:1", "from <ip> to <ip>"),
        ("took 12 ms, then 1.5 s", "took <qty>, then <qty>"),
        ("free 5.2 KB of 64MB", "free <qty> of <qty>"),
        ("opened /var/log/x.log", "opened <path>"),
        ("id 123e4567-e89b-12d3-a456-426614174000 ok", "id <uuid> ok"),
        ("mail to bob@example.org", "mail to <email>"),
        ("pointer 0x7ffde1 hash 8f14e45fceea167a", "pointer <hex> hash <hex>"),
        ("session closed for user cyrus", "session closed for user <user>"),
        ("uid=0 user=root tty=ssh", "uid=<user> user=<user> tty=ssh"),
        ("ssh2 and utf8 stay", "ssh2 and utf8 stay"),
        ("ports 80, 443, 8080 open", "ports <num> open"),
        ("at Fri Jun 17 07:07:00 2005 done", "at <time> done"),
    ],
)
def test_values_are_masked_by_their_form(message: str, template: str) -> None:
    assert shown(message) == template


def test_a_list_is_one_value_however_long_it_is() -> None:
    for tokens, once in (
        ("del <num> <num> <num> end", "del <num> end"),
        ("n-<num> <hex> ok n-<num> <hex> ok", "n-<num> <hex> ok"),
        ("very very good", "very very good"),
    ):
        assert " ".join(collapsed(tokens.split())) == once


def test_few_words_are_messages_of_their_own_and_many_are_a_parameter() -> None:
    miner = Miner()
    for _ in range(3):
        for state in ("Paused", "Stopped"):
            miner.template(f"machine is {state} by its owner").count += 1
    for number in range(30):
        name = "".join(random.Random(number).choices("abcdefgh", k=7))
        miner.template(f"greeting of {name} by its owner").count += 1
    miner.finish()
    assert sorted(template.text for template in miner) == [
        "greeting of <*> by its owner", "machine is Paused by its owner", "machine is Stopped by its owner",
    ]  # fmt: skip


@settings(max_examples=60)
@given(st.lists(st.text(max_size=60), min_size=1, max_size=80))
def test_each_line_has_exactly_one_template_and_counts_add_up(lines: list[str]) -> None:
    reader = LogReader()
    numbers = [reader.read(line) for line in lines]
    report = reader.report()
    ids = [template.id for template in report.templates]
    assert len(set(ids)) == len(ids)
    assert {reader.number(number) for number in numbers} == set(ids)
    assert sum(template.count for template in report.templates) == report.entries
    assert report.lines == len(lines)


def groups(lines: list[str]) -> set[frozenset[str]]:
    reader = LogReader()
    numbers = [reader.read(line) for line in lines]
    reader.report()
    found: dict[int, set[str]] = defaultdict(set)
    for number, line in zip(numbers, lines, strict=True):
        found[reader.number(number)].add(line)
    return set(map(frozenset, found.values()))


@settings(max_examples=20)
@given(st.integers(0, 10**6))
def test_the_order_of_lines_changes_no_group(seed: int) -> None:
    chance = random.Random(seed)
    lines = [make(chance) for make in MESSAGES for _ in range(40)]
    mixed = chance.sample(lines, len(lines))
    assert groups(mixed) == groups(lines)


@pytest.mark.long
def test_a_hundred_thousand_unlike_lines_stay_within_the_bounds() -> None:
    chance = random.Random(1)
    words = ["".join(chance.choices("abcdefghijklmnopqrstuvwxyz", k=7)) for _ in range(50_000)]
    reader = LogReader(most_clusters=300)
    for number in range(100_000):
        reader.read(" ".join(chance.choices(words, k=3 + number % 5)))
    report = reader.report()
    assert len(report.templates) <= 300 * 16
    assert report.forgotten > 0
    assert report.entries == 100_000
    assert sum(template.count for template in report.templates) + report.forgotten == 100_000


def test_what_came_often_outlives_what_came_once() -> None:
    reader = LogReader(most_clusters=100)
    for _ in range(50):
        reader.read("the disk of the database is full")
    for number in range(500):
        reader.read(" ".join("".join(random.Random(10 * number + n).choices("abcdefgh", k=8)) for n in range(6)))
    report = reader.report()
    assert report.templates[0].text == "the disk of the database is full"
    assert report.templates[0].count == 50
