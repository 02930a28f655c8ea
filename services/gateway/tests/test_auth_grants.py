"""Patterns of channels: what they open, against the plainest way to say it."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from resonance_gateway.auth.grants import EVERY, UNRESERVED, grant

_NAMES = st.text(alphabet="ab.", min_size=1, max_size=6)
_PATTERNS = st.lists(_NAMES | st.builds("{}*".format, st.text(alphabet="ab.", max_size=4)), max_size=8)


@pytest.mark.parametrize(
    ("pattern", "channel", "opens"),
    [
        ("chat", "chat", True),
        ("chat", "chat.a", False),
        ("chat.*", "chat.a", True),
        ("chat.*", "chat.a.b", True),
        ("chat.*", "chat.", True),
        ("chat.*", "chat", False),
        ("chat.*", "chatter", False),
        ("chat*", "chatter", True),
        ("*", "admin.audit", True),
        ("чат.*", "чат.а", True),
        ("\U0010ffff*", "\U0010ffffx", True),
    ],
)
def test_what_a_pattern_opens(pattern, channel, opens):
    assert grant([pattern]).opens(channel) is opens


@given(_PATTERNS, _NAMES)
@example(["a*", "aa*"], "ab")
@example(["a.*", "a.b", "b*"], "a.c")
def test_several_open_what_any_of_them_opens(patterns, channel):
    plainly = any(channel.startswith(p[:-1]) if p.endswith("*") else channel == p for p in patterns)

    assert grant(patterns).opens(channel) is plainly


@pytest.mark.parametrize("wrong", ["", "a*b", "*a", "a**", "**"])
def test_a_wrong_pattern_is_refused_with_a_sentence(wrong):
    with pytest.raises(ValueError, match="a pattern is the name of a channel"):
        grant(["fine", wrong])


def test_every_channel_or_all_but_reserved_ones():
    assert EVERY.opens("admin.audit") and grant(["*"]) == EVERY
    assert UNRESERVED.opens("adminx") and not UNRESERVED.opens("admin.audit")


def test_callers_with_the_same_rights_share_them():
    assert grant(["b", "a.*"]) is grant(["a.*", "b"])
