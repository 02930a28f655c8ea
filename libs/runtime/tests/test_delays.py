"""How long what was found took."""

from __future__ import annotations

import time
from typing import Any

import pytest
from prometheus_client import REGISTRY

from resonance_contracts.pb.resonance.v1.detection_pb2 import Alert, Anomaly, Rise
from resonance_runtime import metrics
from resonance_runtime.delays import Delay, Step, WatermarkDelay

SECOND_US = 1_000_000
NOW_S = 103.0


def seen(since: str, what: str = "sum") -> float:
    labels = {"step": Step.JUDGED, "since": since}
    return REGISTRY.get_sample_value(f"resonance_pipeline_delay_seconds_{what}", labels) or 0.0


def found(**fields: Any) -> Anomaly:
    return Anomaly(
        **{"stream": "live", "first_received_us": 100 * SECOND_US, "last_received_us": 101 * SECOND_US} | fields
    )


def test_a_delay_counts_from_the_first_frame_and_from_the_last() -> None:
    before = seen("first_frame"), seen("last_frame")
    Delay(Step.JUDGED).observe(found(), NOW_S)
    assert (seen("first_frame") - before[0], seen("last_frame") - before[1]) == (3.0, 2.0)


def test_an_alert_whose_first_frame_is_not_known_counts_from_the_last() -> None:
    before = seen("first_frame")
    Delay(Step.JUDGED).observe(Alert(stream="live", last_received_us=101 * SECOND_US), NOW_S)
    assert seen("first_frame") - before == 2.0


def test_of_an_incident_that_became_graver_the_time_since_it_did_counts() -> None:
    before = seen("first_frame"), seen("last_frame")
    rises = [Rise(first_received_us=n * SECOND_US, last_received_us=(n + 1) * SECOND_US) for n in (50, 101)]
    Delay(Step.JUDGED).observe(Alert(stream="live", last_received_us=SECOND_US, rises=rises), NOW_S)
    assert (seen("first_frame") - before[0], seen("last_frame") - before[1]) == (2.0, 1.0)


@pytest.mark.parametrize("fields", [{"stream": "replay-1"}, {"last_received_us": 0}])
def test_replays_and_what_has_no_time_are_left_out(fields: dict[str, Any]) -> None:
    before = seen("last_frame", "count")
    Delay(Step.JUDGED).observe(found(**fields), NOW_S)
    assert seen("last_frame", "count") == before


def test_a_clock_behind_the_gateways_gives_no_negative_time() -> None:
    before, counted = seen("last_frame"), seen("last_frame", "count")
    Delay(Step.JUDGED).observe(found(), 1.0)
    assert (seen("last_frame"), seen("last_frame", "count")) == (before, counted + 1)


def test_a_step_is_told_of_before_anything_reached_it() -> None:
    Delay(Step.PAGE)
    labels = {"step": "page", "since": "last_frame"}
    assert REGISTRY.get_sample_value("resonance_pipeline_delay_seconds_count", labels) == 0


@pytest.mark.parametrize("bound", [0.1, 0.5, 2.0, 3.0, 5.0])
def test_the_service_levels_are_bounds_of_buckets(bound: float) -> None:
    assert bound in metrics.LATENCY_BUCKETS and bound in metrics.DELAY_BUCKETS


def test_the_watermark_delay_is_of_the_live_stream_as_it_moves_and_of_partitions_that_are_ours() -> None:
    def told() -> float | None:
        labels = {"group": "marks", "partition": "3"}
        return REGISTRY.get_sample_value("resonance_watermark_delay_seconds", labels)

    now_us, delay = int(time.time() * 1e6), WatermarkDelay("marks")
    delay.observe(3, "replay:1", now_us)
    delay.observe(3, "live", 0)
    assert told() is None
    delay.observe(3, "live", now_us - 7 * SECOND_US)
    assert told() == pytest.approx(7, abs=5)
    delay.observe(3, "live", now_us + 60 * SECOND_US)
    assert told() == 0
    delay.observe(3, "live", now_us)
    assert told() == 0
    delay.forget(3)
    assert told() is None
    delay.forget(3)
