"""Time that runs faster, and runbooks as they are read."""

from __future__ import annotations

import pytest
import yaml

from tests.alarms.compressed import FACTOR, compressed_routing, compressed_rules, seconds
from tests.alarms.following import Block, blocks, says

RULES = """
groups:
  - name: a
    interval: 30s
    rules:
      - record: resonance:slo_errors:increase3d
        expr: increase(x[3d]) or (x unless x offset 1h) > 14
      - alert: A
        expr: rate(x[30s]) > 0.5
        for: 6h
"""


def test_durations_are_divided_and_thresholds_are_not() -> None:
    counted, told = yaml.safe_load(compressed_rules(RULES))["groups"][0]["rules"]
    assert counted["record"] == "resonance:slo_errors:increase3d"
    assert (
        counted["expr"]
        == f"increase(x[{3 * 86_400_000 // FACTOR}ms]) or (x unless x offset {3_600_000 // FACTOR}ms) > 14"
    )
    assert told["for"] == f"{6 * 3_600_000 // FACTOR}ms"


def test_no_window_is_shorter_than_some_readings() -> None:
    (_, told) = yaml.safe_load(compressed_rules(RULES))["groups"][0]["rules"]
    assert told["expr"] == "rate(x[6000ms]) > 0.5"


def test_routes_are_faster_too() -> None:
    assert compressed_routing("group_wait: 10s\nrepeat_interval: 12h") == "group_wait: 200ms\nrepeat_interval: 180000ms"


def test_a_duration_that_is_none_is_refused_with_a_sentence() -> None:
    with pytest.raises(ValueError, match="Expected a duration such as 5m, got 'soon'"):
        seconds("soon")


def test_blocks_are_read_with_what_they_print() -> None:
    text = "# T\n\n## Confirm\n\n```sh\na\nb\n```\n\n```text\n=> 1 @…\n```\n\n## Over\n\n```sh\nc\n```\n"
    assert list(blocks(text)) == [Block("Confirm", "a\nb\n", ("=> 1 @…",)), Block("Over", "c\n", ())]


@pytest.mark.parametrize(
    ("printed", "expected", "there"),
    [
        ('{job="xai"} => 0 @[17.1]', '{…job="…"} => 0 @…', True),
        ('{job="xai"} => 1 @[17.1]', '{…job="…"} => 0 @…', False),
        ("", "…", False),
    ],
)
def test_a_line_is_there_or_not(printed: str, expected: str, there: bool) -> None:
    assert says(printed, expected) is there
