"""PROXY headers, as bytes."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resonance_gateway.edge.proxy_header import SIGNATURE, V2_HEAD, NotProxied, length_of_v2, source_of_v1, source_of_v2

V4 = bytes([192, 0, 2, 1, 10, 0, 0, 1, 0x12, 0x34, 0, 80])
V6 = bytes.fromhex("20010db8000000000000000000000001" * 2) + bytes([0x12, 0x34, 0, 80])


def source(rest, version_command=0x21, family=0x11, length=None, signature=SIGNATURE):
    head = V2_HEAD.pack(signature, version_command, family, len(rest) if length is None else length)
    assert length_of_v2(head) == (len(rest) if length is None else length)
    return source_of_v2(head, rest)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"PROXY TCP4 192.0.2.1 10.0.0.1 4660 80\r\n", "192.0.2.1"),
        (b"PROXY TCP6 2001:db8::1 2001:db8::2 4660 80\r\n", "2001:db8::1"),
        (b"PROXY TCP6 ::ffff:192.0.2.1 ::1 4660 80\r\n", "192.0.2.1"),
        (b"PROXY UNKNOWN\r\n", None),
        (b"PROXY UNKNOWN ffff:f...f:ffff ffff:f...f:ffff 65535 65535\r\n", None),
    ],
)
def test_version_1(line, expected):
    assert source_of_v1(line) == expected


@pytest.mark.parametrize(
    "line",
    [
        b"PROXY TCP4 192.0.2.1 10.0.0.1 4660 80\n",
        b"PROXY TCP4 192.0.2.1 10.0.0.1 4660\r\n",
        b"PROXY TCP4 192.0.2.1  10.0.0.1 4660 80\r\n",
        b"PROXY TCP4 2001:db8::1 2001:db8::2 4660 80\r\n",
        b"PROXY TCP6 192.0.2.1 10.0.0.1 4660 80\r\n",
        b"PROXY TCP4 192.0.2.1 nobody 4660 80\r\n",
        b"PROXY UDP4 192.0.2.1 10.0.0.1 4660 80\r\n",
        b"PROXY TCP4 192.0.2.1 10.0.0.1 04660 80\r\n",
        b"PROXY TCP4 \xff 10.0.0.1 4660 80\r\n",
        b"PROXY \r\n",
    ],
)
def test_version_1_malformed(line):
    with pytest.raises(NotProxied):
        source_of_v1(line)


def test_version_2():
    assert source(V4) == "192.0.2.1"
    assert source(V6, family=0x21) == "2001:db8::1"
    assert source(V4 + b"\x04\x00\x05hello") == "192.0.2.1", "TLVs are passed over"
    assert source(V4, version_command=0x20) is None, "the proxy itself: a health check"
    assert source(b"", version_command=0x20, family=0) is None
    assert source(b"", family=0) is None
    assert source(bytes(216), family=0x31) is None, "a Unix socket"


def test_version_2_malformed():
    for wrong in ({"rest": V4[:11]}, {"rest": V6[:35], "family": 0x21}):
        with pytest.raises(NotProxied, match="shorter than its addresses"):
            source(**wrong)
    for wrong in ({"version_command": 0x11}, {"version_command": 0x22}, {"signature": SIGNATURE[:-1] + b"\r"}):
        with pytest.raises(NotProxied, match="no PROXY header"):
            source(V4, **wrong)
    with pytest.raises(NotProxied, match="has 65535 bytes; 16384 are read"):
        source(V4, length=65_535)


@given(st.binary(min_size=16, max_size=16), st.binary(max_size=64))
def test_version_2_of_anything_is_an_answer_or_a_refusal(head, rest):
    for start in (head, SIGNATURE + head[12:]):
        with suppress(NotProxied):
            length_of_v2(start)
            source_of_v2(start, rest)


@given(st.binary(max_size=107))
def test_version_1_of_anything_is_an_answer_or_a_refusal(line):
    for text in (line, b"PROXY TCP4 " + line + b"\r\n"):
        with suppress(NotProxied):
            source_of_v1(text)
