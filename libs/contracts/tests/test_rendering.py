"""Messages as JSON for people."""

from __future__ import annotations

import json
from math import inf, nan

from resonance_contracts.pb.resonance.v1 import detection_pb2, explanation_pb2, operations_pb2
from resonance_contracts.rendering import enum_names, plain


def resolve(user_key: str) -> str | None:
    return {"u_a": "alice"}.get(user_key)


def test_fields_keep_their_names_and_users_get_their_ids():
    shown = plain(
        detection_pb2.Alert(
            alert_id="i1",
            state=detection_pb2.ALERT_STATE_RESOLVED,
            severity=detection_pb2.SEVERITY_HIGH,
            detector=detection_pb2.DETECTOR_RULE,
            user_key="u_a",
            opened_us=1_700_000_000_000_001,
            finding=detection_pb2.Finding(kind="message_flood", features=["messages_per_minute"], observed=nan),
        ),
        resolve,
    )

    assert (shown["state"], shown["severity"], shown["detector"]) == ("resolved", "high", "rule")
    assert (shown["user_key"], shown["user_id"]) == ("u_a", "alice")
    assert shown["opened_us"] == 1_700_000_000_000_001
    assert shown["scorer"] is None
    assert shown["finding"]["features"] == ["messages_per_minute"]
    assert shown["finding"]["observed"] is None


def test_every_field_is_shown_and_json_holds_it():
    anomaly = detection_pb2.Anomaly(values=[1.0, inf], opened=[detection_pb2.Alert(user_key="u_b")])
    shown = plain(explanation_pb2.Explanation(anomaly=anomaly), resolve)

    assert {f.name for f in explanation_pb2.Explanation.DESCRIPTOR.fields} < set(shown)
    assert shown["anomaly"]["values"] == [1.0, None]
    assert shown["anomaly"]["opened"][0]["user_id"] is None
    json.dumps(shown, allow_nan=False)


def test_enums_lose_the_prefix_they_share():
    assert enum_names(operations_pb2.ServiceState.DESCRIPTOR)[3] == "degraded"


def test_the_vectors_before_are_for_xai_alone():
    explanation = explanation_pb2.Explanation(anomaly=detection_pb2.Anomaly(vector_id="v", recent=[0.5] * 208))

    shown = plain(explanation, lambda key: None)

    assert shown["anomaly"]["vector_id"] == "v"
    assert "recent" not in shown["anomaly"]
