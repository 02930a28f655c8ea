"""Tokens: what is accepted, and what is said of what is not."""

from __future__ import annotations

import base64
import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resonance_gateway.auth.tokens import Authenticator, Principal
from resonance_gateway.errors import NotAuthenticated

SECRET = "a secret for tests, of forty characters"


def test_claims_become_a_principal(make_token):
    token = make_token("alice", roles=["operator"], channels=["news"])

    assert Authenticator(SECRET).principal(token) == Principal(
        "alice", "token-1", frozenset({"operator"}), frozenset({"news"})
    )


def test_a_token_without_id_is_known_by_its_digest(make_token):
    authenticator = Authenticator(SECRET)
    one = authenticator.principal(make_token(jti=None, exp=time.time() + 600))
    other = authenticator.principal(make_token(jti=None, exp=time.time() + 900))

    assert one.token_id != other.token_id
    assert len(one.token_id) == 32


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        ({"exp": 1}, "expired"),
        ({"exp": None}, "exp"),
        ({"sub": None}, "sub"),
        ({"sub": 17}, "refused"),
        ({"sub": ""}, "at least one character"),
        ({"sub": "x" * 10_000}, "at most 256 bytes"),
        ({"sub": "ж" * 129}, "this one has 258"),
        ({"jti": "x" * 300}, "jti"),
        ({"jti": 5}, "refused"),
        ({"roles": "operator"}, "`roles` must be a list"),
        ({"channels": [1]}, "`channels` must be a list"),
        ({"exp": float("inf")}, "must be an integer"),
        ({"secret": "another secret, also long enough for it"}, "Signature"),
    ],
)
def test_what_is_refused_is_refused_with_a_sentence(make_token, claims, expected):
    with pytest.raises(NotAuthenticated, match=expected) as refusal:
        Authenticator(SECRET).principal(make_token(**claims))

    assert refusal.value.sentence.endswith(".")


def test_a_user_id_may_have_exactly_256_bytes(make_token):
    assert Authenticator(SECRET).principal(make_token("ж" * 128)).user_id == "ж" * 128


def test_a_token_that_just_expired_passes_because_clocks_differ(make_token):
    assert Authenticator(SECRET).principal(make_token(exp=time.time() - 2)).user_id == "alice"


def test_the_algorithm_is_not_the_tokens_choice():
    def part(content: dict[str, object]) -> str:
        return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()

    unsigned = f"{part({'alg': 'none'})}.{part({'sub': 'alice', 'exp': time.time() + 600})}."

    with pytest.raises(NotAuthenticated):
        Authenticator(SECRET).principal(unsigned)


def test_a_header_nested_without_end_is_refused():
    header = base64.urlsafe_b64encode(b"[" * 20_000).rstrip(b"=").decode()

    with pytest.raises(NotAuthenticated, match="Invalid header"):
        Authenticator(SECRET).principal(f"{header}.e30.e30")


def test_bytes_that_are_no_text_are_refused():
    with pytest.raises(NotAuthenticated, match="could not be read"):
        Authenticator(SECRET).principal("a\udcff.b.c")


@given(st.text(max_size=300))
def test_no_text_is_a_token(text):
    with pytest.raises(NotAuthenticated):
        Authenticator(SECRET).principal(text)


def test_a_token_of_a_megabyte_is_not_even_parsed():
    with pytest.raises(NotAuthenticated, match="at most 32768 characters"):
        Authenticator(SECRET).principal("a" * 1_000_000)


@pytest.mark.parametrize(
    ("channels", "channel", "opens"),
    [
        (None, "general", True),
        (None, "admin.audit", False),
        (frozenset({"*"}), "admin.audit", True),
        (frozenset({"news"}), "news", True),
        (frozenset({"news"}), "general", False),
        (frozenset(), "general", False),
    ],
)
def test_which_channels_a_token_opens(channels, channel, opens):
    assert Principal("alice", "t", channels=channels).may_use(channel) is opens
