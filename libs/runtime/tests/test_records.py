"""CloudEvents headers on the way out and on the way in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from resonance_contracts.pb.resonance.v1 import detection_pb2
from resonance_contracts.topics import ALERTS_RAISED
from resonance_runtime.errors import Reject
from resonance_runtime.records import Headers, Outgoing, decode, envelope, headers_of
from resonance_runtime.tracing import continued

TIME_US = 1_760_000_000_123_456


@dataclass
class Raw:
    """A record as the client gives it."""

    value: bytes | None
    headers: list[tuple[str, bytes]] = field(default_factory=list)
    topic: str = ALERTS_RAISED.name
    partition: int = 1
    offset: int = 7
    key: bytes | None = b"u_1"


def sent(**changed: bytes | None) -> Raw:
    alert = detection_pb2.Alert(alert_id="al_1")
    headers = dict(headers_of(Outgoing(ALERTS_RAISED, alert, "al_1", TIME_US, traceparent="00-1-2-01"), "/here"))
    for name, value in changed.items():
        if value is None:
            del headers[name]
        else:
            headers[name] = value
    return Raw(alert.SerializeToString(), list(headers.items()))


def test_a_record_arrives_as_it_was_sent() -> None:
    record = decode(ALERTS_RAISED, sent())
    assert (record.id, record.time_us, record.partition, record.offset) == ("al_1", TIME_US, 1, 7)
    assert record.value == detection_pb2.Alert(alert_id="al_1")
    assert record.headers["ce_source"] == "/here"
    assert record.headers["traceparent"] == "00-1-2-01"
    assert record.headers["ce_type"] == "resonance.v1.Alert"


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"ce_id": None}, "header ce_id is missing"),
        ({"ce_type": b"resonance.v1.Anomaly"}, "header ce_type is 'resonance.v1.Anomaly'"),
        ({"ce_time": b"yesterday"}, "header ce_time is 'yesterday'; expected an RFC 3339 time"),
        ({"ce_type": b"\xff\xfe"}, "header ce_type is"),
    ],
)
def test_wrong_headers_are_rejected_with_the_reason(changed: dict[str, Any], reason: str) -> None:
    with pytest.raises(Reject, match=reason):
        decode(ALERTS_RAISED, sent(**changed))


@pytest.mark.parametrize("value", [None, b"\xff\xff\xff"])
def test_a_value_that_is_not_the_message_is_rejected(value: bytes | None) -> None:
    raw = sent()
    raw.value = value
    with pytest.raises(Reject, match=r"the value is (empty|not a resonance\.v1\.Alert)"):
        decode(ALERTS_RAISED, raw)


def test_a_value_may_be_left_as_it_is() -> None:
    raw = sent()
    raw.value = b"\xff\xff\xff"
    left = envelope(ALERTS_RAISED, raw)
    assert (left.id, left.time_us, left.value) == ("al_1", TIME_US, b"\xff\xff\xff")


def test_bytes_are_sent_as_they_are() -> None:
    alert = detection_pb2.Alert(alert_id="al_1")
    assert Outgoing(ALERTS_RAISED, b"as they are", "al_1", TIME_US).encoded() == b"as they are"
    assert Outgoing(ALERTS_RAISED, alert, "al_1", TIME_US).encoded() == alert.SerializeToString()


def test_headers_are_text_whatever_was_sent() -> None:
    headers = Headers([("good", "да".encode()), ("bad", b"\xff"), ("none", None)])
    assert dict(headers) == {"good": "да", "bad": "\ufffd", "none": ""}
    assert (headers.text("good"), headers.text("absent")) == ("да", "")


def test_a_record_carries_the_trace_in_which_it_was_made() -> None:
    with continued("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"):
        one = Outgoing(ALERTS_RAISED, b"", "1", TIME_US)
    headers = dict(headers_of(one, "/here"))
    assert headers["traceparent"].startswith(b"00-0af7651916cd43dd8448eb211c80319c-")
    assert headers["traceparent"] != b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "a span of its own"
    other = Outgoing(ALERTS_RAISED, b"", "1", TIME_US)
    assert other == one
    assert other.traceparent[:36] != one.traceparent[:36]
