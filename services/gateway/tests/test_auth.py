"""Tokens: what is accepted, and what is said of what is not."""

from __future__ import annotations

import base64
import json
import time

import jwt
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from prometheus_client import REGISTRY

from resonance_gateway.auth.grants import Grant
from resonance_gateway.auth.jwks import IssuedKeys
from resonance_gateway.auth.principal import NEVER_US
from resonance_gateway.auth.roles import Role
from resonance_gateway.auth.tokens import Authenticator
from resonance_gateway.auth.verifying import Expected
from resonance_gateway.errors import NotAuthenticated

SECRET = "a secret for tests, of forty characters"


def test_claims_become_a_principal(make_token):
    token = make_token("alice", roles=["operator"], channels=["news"])

    principal = Authenticator(SECRET).principal(token)

    assert (principal.user_id, principal.token_id) == ("alice", "token-1")
    assert principal.roles == {Role.OPERATOR, Role.VIEWER}
    assert principal.channels == Grant(names=frozenset({"news"}))


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
        ({"jti": "\ud800"}, "jti"),
        ({"sub": "\ud800"}, "UTF-8"),
        ({"nbf": 4e9}, "not yet valid"),
        ({"publish": ["a*b"]}, "one `\\*` at its end"),
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
    ("claims", "channel", "reads", "writes"),
    [
        ({}, "general", True, True),
        ({}, "admin.audit", False, False),
        ({"channels": ["*"]}, "admin.audit", True, True),
        ({"channels": ["news"]}, "news", True, True),
        ({"channels": ["news"]}, "general", False, False),
        ({"channels": []}, "general", False, False),
        ({"subscribe": ["chat.*"], "publish": ["chat.alice"]}, "chat.bob", True, False),
        ({"subscribe": ["chat.*"], "publish": ["chat.alice"]}, "chat.alice", True, True),
        ({"channels": ["chat.*"], "subscribe": ["*"]}, "general", False, False),
        ({"publish": []}, "general", True, False),
        ({"subscribe": ["admin.*"]}, "admin.audit", False, False),
        ({"channels": ["admin.*", "chat.*"], "publish": ["chat.*"]}, "admin.audit", True, False),
    ],
)
def test_which_channels_a_token_opens(make_token, claims, channel, reads, writes):
    principal = Authenticator(SECRET).principal(make_token(**claims))

    assert (principal.may_subscribe(channel), principal.may_publish(channel)) == (reads, writes)


def test_a_token_is_good_until_its_time_and_the_tolerance_of_clocks(make_token):
    assert Authenticator(SECRET).principal(make_token(exp=4_000_000_000)).expires_us == 4_000_000_005_000_000
    assert Authenticator(SECRET).principal(make_token(exp=1e308)).expires_us == NEVER_US


def test_a_secret_follows_another_without_a_gap(make_token):
    old, new = "the secret of before, also long enough", SECRET
    both = Authenticator(new, old)

    assert both.principal(make_token(secret=old)).user_id == both.principal(make_token(secret=new)).user_id == "alice"
    with pytest.raises(NotAuthenticated, match="Signature"):
        Authenticator(new).principal(make_token(secret=old))


@pytest.mark.parametrize(
    ("claims", "accepted"),
    [
        ({"iss": "https://one", "aud": "resonance"}, True),
        ({"iss": "https://two", "aud": ["else", "resonance"]}, True),
        ({"iss": "https://three", "aud": "resonance"}, False),
        ({"iss": ["https://one"], "aud": "resonance"}, False),
        ({"iss": "https://one", "aud": "else"}, False),
        ({"iss": "https://one", "aud": {"resonance": 1}}, False),
        ({"iss": "https://one"}, False),
        ({"aud": "resonance"}, False),
    ],
)
def test_issuer_and_audience_are_asked_for_where_they_are_set(make_token, claims, accepted):
    content = {"sub": "alice", "exp": time.time() + 600, **claims}
    token = jwt.api_jws.encode(json.dumps(content).encode(), SECRET, "HS256")
    authenticator = Authenticator(SECRET, expected=Expected(("https://one", "https://two"), ("resonance",)))

    if accepted:
        assert authenticator.principal(token).user_id == "alice"
    else:
        with pytest.raises(NotAuthenticated):
            authenticator.principal(token)


def test_an_audience_is_passed_over_where_none_is_set(make_token):
    assert Authenticator(SECRET).principal(make_token(aud="somebody", iss="anybody")).user_id == "alice"


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"exp": 1}, "expired"),
        ({"nbf": 4e9}, "not_yet_valid"),
        ({"iat": 4e9}, "not_yet_valid"),
        ({"secret": "another secret, also long enough for it"}, "signature"),
        ({"roles": 5}, "claims"),
        ({"subscribe": ["a*b"]}, "claims"),
    ],
)
def test_what_is_refused_is_counted_by_its_reason(make_token, claims, reason):
    def counted():
        return REGISTRY.get_sample_value("resonance_gateway_tokens_refused_total", {"reason": reason}) or 0.0

    before = counted()
    with pytest.raises(NotAuthenticated):
        Authenticator(SECRET).principal(make_token(**claims))

    assert counted() == before + 1


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
_HEADERS = st.dictionaries(st.sampled_from(["alg", "kid", "typ", "crit", "b64", "jwk", "jku", "x5u"]), _JSON)
_CLAIMS = ("sub", "exp", "nbf", "iat", "aud", "iss", "jti", "roles", "channels", "subscribe", "publish")


@settings(max_examples=60)
@given(st.dictionaries(st.sampled_from(_CLAIMS), _JSON), st.booleans())
def test_whatever_is_signed_becomes_a_principal_or_is_refused(claims, good):
    content = {"sub": "alice", "exp": 4e9} | claims if good else claims
    token = jwt.api_jws.encode(json.dumps(content).encode(), SECRET, "HS256")

    try:
        principal = Authenticator(SECRET).principal(token)
    except NotAuthenticated as refusal:
        refusal.sentence.encode()
        assert refusal.sentence.endswith(".")
    else:
        assert principal.user_id.encode() and principal.token_id.encode()
        assert 0 < principal.expires_us <= NEVER_US


@settings(max_examples=60)
@given(_HEADERS, st.binary())
@example({"alg": "HS256", "crit": ["\ud800"]}, b"x")
@example({"alg": "HS256", "kid": "\ud800"}, b"x")
@example({"alg": "ES256", "kid": "\ud800"}, b"x")
def test_whatever_stands_in_a_header_is_refused(header, signature):
    parts = (json.dumps(header).encode(), b'{"sub":"alice","exp":4000000000}', signature)
    token = ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)
    authenticator = Authenticator(SECRET, issued=IssuedKeys())

    assert authenticator.knows(token)
    with pytest.raises(NotAuthenticated) as refusal:
        authenticator.principal(token)
    refusal.value.sentence.encode()
