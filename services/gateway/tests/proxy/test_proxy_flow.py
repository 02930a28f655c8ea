"""The flow of one direction, in memory: whatever pieces the bytes come in, the same goes on."""

from __future__ import annotations

from itertools import pairwise

import hypothesis.strategies as st
import pytest
from hypothesis import given

from resonance_gateway.proxy.flow import Flow, Halt
from resonance_gateway.proxy.frames import OWN_PING, Opcode, close_frame, control_frame, header_at, payload_of


class Seen:
    """Remembers messages; lets so many of them begin."""

    def __init__(self, allowed: int = 1_000_000) -> None:
        self.allowed = allowed
        self.sizes: list[int] = []

    def begins(self, size: int) -> bool:
        self.allowed -= 1
        return self.allowed >= 0

    def ended(self, size: int) -> None:
        self.sizes.append(size)


def frame(opcode: int, size: int, *, final: bool = True, masked: bool = True) -> bytes:
    """A frame whose payload says nothing."""
    flag = 0x80 if masked else 0
    head = bytes([(0x80 if final else 0) | opcode])
    if size < 126:
        head += bytes([flag | size])
    elif size < 65_536:
        head += bytes([flag | 126]) + size.to_bytes(2, "big")
    else:
        head += bytes([flag | 127]) + size.to_bytes(8, "big")
    return head + (b"mask" if masked else b"") + b"p" * size


SIZES = st.one_of(st.integers(0, 300), st.sampled_from([65_535, 65_536, 70_000]))
CONTROLS = st.builds(lambda opcode, size: ("control", (opcode, size)), st.sampled_from([0x9, 0xA]), st.integers(0, 125))
MESSAGES = st.builds(lambda parts: ("message", tuple(parts)), st.lists(SIZES, min_size=1, max_size=4))


def written(things: list[tuple[str, tuple[int, ...]]], masked: bool) -> bytes:
    data = b""
    for kind, numbers in things:
        if kind == "control":
            data += frame(numbers[0], numbers[1], masked=masked)
            continue
        for i, size in enumerate(numbers):
            data += frame(0x1 if i == 0 else 0x0, size, final=i == len(numbers) - 1, masked=masked)
            if i == 0 and len(numbers) > 1:
                data += frame(0x9, 3, masked=masked)
    return data


def pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    places = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    return [data[a:b] for a, b in pairwise(places)]


@given(st.lists(MESSAGES | CONTROLS, max_size=6), st.lists(st.integers(0, 2**20), max_size=12), st.booleans())
def test_all_goes_on_whatever_pieces_it_comes_in(things, cuts, masked):
    data, seen = written(things, masked), Seen()
    flow = Flow(seen, masked=masked, largest=None)

    passed = b"".join(flow.take(piece) for piece in pieces(data, cuts))

    assert passed == data
    assert flow.halt is None
    assert flow.between_frames
    assert seen.sizes == [sum(numbers) for kind, numbers in things if kind == "message"]


@given(st.lists(MESSAGES, min_size=1, max_size=5), st.integers(0, 5), st.lists(st.integers(0, 2**20), max_size=8))
def test_a_message_that_may_not_begin_waits_whole_and_goes_on_later(messages, allowed, cuts):
    data, seen = written(messages, True), Seen(allowed)
    flow = Flow(seen, masked=True, largest=None)

    first = b"".join(flow.take(piece) for piece in pieces(data, cuts))

    assert first == written(messages[:allowed], True)
    assert flow.between_frames
    seen.allowed = 1_000_000
    assert first + (flow.resume() if flow.halt is Halt.WAITING else b"") == data


@given(st.lists(st.integers(0, 400), min_size=1, max_size=5), st.lists(st.integers(0, 2**12), max_size=8))
def test_of_a_message_that_is_too_large_nothing_of_the_frame_too_many_goes_on(sizes, cuts):
    data, seen = written([("message", tuple(sizes))], True), Seen()
    flow = Flow(seen, masked=True, largest=500)

    passed = b"".join(flow.take(piece) for piece in pieces(data, cuts))

    if sum(sizes) <= 500:
        assert (passed, flow.halt) == (data, None)
    else:
        assert (flow.halt, flow.code) == (Halt.REFUSED, 1009)
        assert data.startswith(passed)
        assert flow.between_frames
        assert seen.sizes == []


@given(st.binary(max_size=200), st.lists(st.integers(0, 200), max_size=8), st.booleans())
def test_any_bytes_at_all_are_passed_or_refused(data, cuts, masked):
    flow = Flow(Seen(), masked=masked, largest=1000)

    passed = b"".join(flow.take(piece) for piece in pieces(data, cuts))

    assert data.startswith(passed)
    assert flow.last_words(b"") in (True, False)


@pytest.mark.parametrize("cut", range(20))
def test_pongs_to_our_own_pings_are_kept_back(cut):
    flow = Flow(Seen(), masked=True, largest=None)
    before, after = frame(0x1, 10), frame(0xA, 5)
    data = before + control_frame(Opcode.PONG, OWN_PING, masked=True) + after
    place = len(before) + cut

    assert flow.take(data[:place]) + flow.take(data[place:]) == before + after


def test_after_a_close_frame_nothing_goes_on():
    flow = Flow(Seen(), masked=True, largest=None)
    close = close_frame(4000, "why", masked=True)

    assert flow.take(frame(0x1, 4) + close + frame(0x1, 4)) == frame(0x1, 4) + close
    assert flow.take(frame(0x1, 4)) == b""
    assert flow.halt is Halt.CLOSED


def test_the_end_of_a_frame_that_is_under_way_is_found():
    seen = Seen()
    flow = Flow(seen, masked=True, largest=None)
    data = frame(0x2, 1000)
    flow.take(data[:300])

    assert not flow.between_frames
    assert flow.finish(data[300:] + b"next") == (data[300:], b"next")
    assert flow.between_frames
    assert seen.sizes == [1000]


@pytest.mark.parametrize("masked", [True, False])
@pytest.mark.parametrize("reason", ["", "why ✓", "x" * 200, "ё" * 100])
def test_close_frames_of_ours_can_be_read(masked, reason):
    data = close_frame(1013, reason, masked)
    header = header_at(data, 0, masked)

    assert header is not None
    assert (header.final, header.opcode, header.end) == (True, Opcode.CLOSE, len(data))
    payload = payload_of(data, header, masked)
    assert int.from_bytes(payload[:2], "big") == 1013
    assert reason.startswith(payload[2:].decode())
    assert len(payload) > min(len(reason.encode()), 120)


@pytest.mark.parametrize("length", [2**63, 2**64 - 1])
def test_lengths_of_frames_have_their_highest_bit_clear(length):
    flow = Flow(Seen(), masked=False, largest=None)
    flow.take(b"\x82\x7f" + length.to_bytes(8, "big"))

    assert (flow.halt, flow.code) == (Halt.REFUSED, 1002)
