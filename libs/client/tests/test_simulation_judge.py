from __future__ import annotations

import json
from typing import Any

from resonance_client.alerts.events import Alert, Explanation
from resonance_client.alerts.watch import Arrival
from resonance_client.simulation.judge import GRACE_US, Judge
from resonance_client.simulation.kinds import Incident
from resonance_client.simulation.plan import Planted

FLOOD = Planted(Incident.FLOOD, "anna", 1000, 2000, frozenset({"message_flood", "unusual_volume"}))
STREAM = "replay:s"


def alert(alert_id: str = "i1", *, at_us: int = 60_000, **fields: Any) -> Arrival:
    known: dict[str, Any] = {
        "state": "open", "alert_id": alert_id, "user_key": "u_anna", "user_id": "anna", "stream": STREAM,
        "kind": "message_flood", "severity": "high", "opened_us": 1500, "last_received_us": 10_000,
    }  # fmt: skip
    return Arrival(Alert.model_validate(known | fields), at_us)


def explanation(*alert_ids: str, at_us: int = 90_000, **fields: Any) -> Arrival:
    known: dict[str, Any] = {"vector_id": "v", "alert_ids": alert_ids, "stream": STREAM}
    return Arrival(Explanation.model_validate(known | fields), at_us)


def judged(*arrivals: Arrival) -> Judge:
    judge = Judge(STREAM, ordinary_users=80)
    judge.plant([FLOOD])
    for arrival in arrivals:
        judge.take(arrival)
    return judge


def test_detected_and_explained_is_complete() -> None:
    judge = judged(alert(), explanation("i1"))
    summary = judge.summary(events=7)
    assert judge.complete
    assert summary.complete
    assert (summary.incidents, summary.detected, summary.explained, summary.false_alerts) == (1, 1, 1, 0)
    assert (summary.latency_ms_p50, summary.latency_ms_p99, summary.explained_latency_ms_p50) == (50.0, 50.0, 80.0)
    assert summary.events == 7


def test_the_summary_has_the_agreed_keys() -> None:
    written = json.loads(json.dumps(judged().summary(0).as_json()))
    agreed = {"incidents", "detected", "explained", "false_alerts", "latency_ms_p50", "latency_ms_p99", "events"}
    assert agreed <= written.keys()
    assert written["latency_ms_p50"] is None


def test_what_is_missing_is_said() -> None:
    assert judged().summary(0).missing == ("The flood of anna was not detected.",)
    assert judged(alert()).summary(0).missing == ("The flood of anna was detected but not explained.",)
    assert judged(alert(), explanation("i2")).summary(0).explained == 0


def test_a_rise_is_no_second_alert_and_no_other_content() -> None:
    rises = [{"before": "high", "severity": "critical", "end_us": 1600}]
    summary = judged(alert(), alert(revision=2, severity="critical", rises=rises), alert()).summary(0)
    assert (summary.alerts, summary.duplicates) == (1, 0)


def test_an_explanation_may_come_before_its_alert() -> None:
    assert judged(explanation("i1"), alert()).complete


def test_an_alert_of_another_kind_on_planted_behaviour_is_neither_found_nor_false() -> None:
    summary = judged(alert(kind="error_spike")).summary(0)
    assert (summary.detected, summary.false_alerts) == (0, 0)


def test_alerts_on_others_or_at_other_times_are_false() -> None:
    before, after = alert("i1", opened_us=999), alert("i2", opened_us=2001 + GRACE_US)
    other = alert("i3", user_id="boris", user_key="u_boris")
    again = alert("i4", user_id="boris", user_key="u_boris", kind="error_spike")
    summary = judged(before, after, other, again).summary(0)
    assert (summary.detected, summary.false_alerts, summary.ordinary_users_flagged) == (0, 4, 1)


def test_other_streams_are_none_of_its_business() -> None:
    judge = judged()
    assert not judge.take(alert(stream="live"))
    assert not judge.take(explanation("i1", stream="live"))
    assert judge.summary(0).alerts == 0


def test_repeats_count_once_and_resolutions_are_no_alerts() -> None:
    resolved = alert(state="resolved", resolved_us=3000, revision=2)
    summary = judged(alert(), alert(), resolved, resolved).summary(0)
    assert (summary.alerts, summary.duplicates, summary.false_alerts) == (1, 0, 0)


def test_a_repeat_with_other_content_is_a_duplicate() -> None:
    assert judged(alert(), alert(severity="low")).summary(0).duplicates == 1
    assert judged(alert(), alert(user_id=None)).summary(0).duplicates == 0


def test_a_second_alert_while_the_first_is_open_is_a_duplicate() -> None:
    second = alert("i2", opened_us=1800)
    assert judged(alert(), second).summary(0).duplicates == 1
    assert judged(second, alert()).summary(0).duplicates == 1
    ended = alert(state="resolved", resolved_us=1700)
    assert judged(alert(), second, ended).summary(0).duplicates == 0
    assert judged(alert(), alert("i2", kind="unusual_volume")).summary(0).duplicates == 0


def test_a_user_who_was_resolved_once_stays_resolved() -> None:
    unresolved = alert("i2", user_id=None, kind="unusual_volume")
    judge = judged(unresolved, alert())
    assert judge.summary(0).false_alerts == 0
    assert len(judge.detections(FLOOD)) == 2


def test_quantiles_are_of_first_arrivals() -> None:
    arrivals = [alert(f"i{n}", at_us=10_000 + n * 1000, kind=f"k{n}") for n in range(1, 101)]
    summary = judged(*arrivals).summary(0)
    assert (summary.latency_ms_p50, summary.latency_ms_p99) == (50.0, 99.0)
