"""Traces go on from one record to the next."""

from __future__ import annotations

import re

import pytest
from opentelemetry import trace

from resonance_runtime.tracing import continued, traceparent

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
HEADER = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")


def test_the_trace_of_a_record_goes_on_with_a_span_of_its_own() -> None:
    with continued(PARENT):
        inside = traceparent()
        assert trace.get_current_span().get_span_context().trace_id == 0x0AF7651916CD43DD8448EB211C80319C
        assert traceparent() == inside
    assert HEADER.fullmatch(inside)
    assert (inside[:36], inside[-3:]) == (PARENT[:36], "-01")
    assert inside != PARENT
    assert traceparent()[:36] != PARENT[:36], "it is over"


def test_what_was_not_sampled_stays_so() -> None:
    with continued(PARENT[:-2] + "00"):
        assert traceparent().endswith("-00")


@pytest.mark.parametrize(
    "parent",
    ["", "nonsense", "00-1-2", f"00-{'0' * 32}-{'1' * 16}-01", f"00-{'f' * 33}-{'1' * 16}-01", f"ff{PARENT[2:]}"],
)
def test_without_a_usable_parent_a_trace_begins(parent: str) -> None:
    with continued(parent):
        first = traceparent()
    with continued(parent):
        second = traceparent()
    assert HEADER.fullmatch(first) and HEADER.fullmatch(second)
    assert first[:36] != second[:36]


def test_outside_of_any_span_each_is_a_trace_of_its_own() -> None:
    one, other = traceparent(), traceparent()
    assert HEADER.fullmatch(one) and HEADER.fullmatch(other)
    assert one[:36] != other[:36]
