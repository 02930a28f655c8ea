"""Public keys: which are taken from a set, which algorithm each checks, and what cannot be confused."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from resonance_gateway.auth.jwks import MAX_KEYS, MAX_SET_BYTES, MAX_TRIED, IssuedKeys, keys_of
from resonance_gateway.auth.tokens import Authenticator
from resonance_gateway.auth.verifying import secret_fault
from resonance_gateway.errors import NotAuthenticated
from services.gateway.tests.issuers import (
    EC_KEY,
    ED_KEY,
    OTHER_EC_KEY,
    OTHER_RSA_KEY,
    RSA_KEY,
    key_set,
    public,
    signed,
)

SECRET = "a secret for tests, of forty characters"
ALL = key_set(public(RSA_KEY, kid="rsa"), public(EC_KEY, kid="ec"), public(ED_KEY, kid="ed"))


def knowing(document, *secrets):
    issued = IssuedKeys()
    issued.replace("address", keys_of(document))
    return Authenticator(*secrets, issued=issued)


def forged(header, content, sign):
    def part(raw):
        return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()

    signed_part = f"{part(json.dumps(header).encode())}.{part(json.dumps(content).encode())}"
    return f"{signed_part}.{part(sign(signed_part.encode()))}"


@pytest.mark.parametrize(("key", "algorithm"), [(RSA_KEY, "RS256"), (EC_KEY, "ES256"), (ED_KEY, "EdDSA")])
def test_each_kind_of_key_checks_its_algorithm(key, algorithm):
    document = key_set(public(key, kid="one"))

    assert knowing(document).principal(signed(key, algorithm, "one")).user_id == "alice"
    assert knowing(document).principal(signed(key, algorithm)).user_id == "alice"
    with pytest.raises(NotAuthenticated, match="none of its issuer's keys"):
        knowing(document).principal(signed(key, algorithm, "another"))


def test_a_key_without_an_id_serves_tokens_that_name_one():
    authenticator = knowing(key_set(public(EC_KEY)))

    assert authenticator.principal(signed(EC_KEY, "ES256", "whatever")).user_id == "alice"


def test_of_two_keys_under_one_id_either_may_have_signed():
    authenticator = knowing(key_set(public(OTHER_EC_KEY, kid="one"), public(EC_KEY, kid="one")))

    assert authenticator.principal(signed(EC_KEY, "ES256", "one")).user_id == "alice"
    assert authenticator.principal(signed(OTHER_EC_KEY, "ES256", "one")).user_id == "alice"


def test_a_set_of_many_keys_under_one_id_costs_few_checks():
    issued = IssuedKeys()
    issued.replace("address", keys_of(key_set(*[public(OTHER_EC_KEY, kid="one")] * MAX_KEYS)))

    assert len(issued.candidates("ES256", "one")) == len(issued.candidates("ES256", None)) == MAX_TRIED


def test_a_key_that_its_place_no_longer_has_is_no_longer_accepted():
    issued = IssuedKeys()
    issued.replace("file", keys_of(key_set(public(EC_KEY, kid="file"))))
    issued.replace("address", keys_of(key_set(public(RSA_KEY, kid="one"))))
    issued.replace("address", keys_of(key_set(public(OTHER_RSA_KEY, kid="two"))))
    authenticator = Authenticator(issued=issued)

    assert authenticator.principal(signed(EC_KEY, "ES256", "file"))
    assert authenticator.principal(signed(OTHER_RSA_KEY, "RS256", "two"))
    with pytest.raises(NotAuthenticated, match="none of its issuer's keys"):
        authenticator.principal(signed(RSA_KEY, "RS256", "one"))


class TestConfusion:
    """RFC 8725, section 2.1: every way to have a token checked with another algorithm than its key's."""

    CONTENT = {"sub": "mallory", "exp": time.time() + 600, "roles": ["admin"]}  # noqa: RUF012  # never changed

    def refused(self, authenticator, token):
        with pytest.raises(NotAuthenticated):
            authenticator.principal(token)

    @pytest.mark.parametrize("shape", ["pem", "der", "jwk", "n"])
    @pytest.mark.parametrize("kid", [None, "rsa"])
    def test_a_public_key_is_no_secret(self, shape, kid):
        described = public(RSA_KEY, kid="rsa")
        secret = {
            "pem": RSA_KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
            "der": RSA_KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
            "jwk": json.dumps(described).encode(),
            "n": described["n"].encode(),
        }[shape]
        header = {"alg": "HS256", **({} if kid is None else {"kid": kid})}
        token = forged(header, self.CONTENT, lambda text: hmac.digest(secret, text, hashlib.sha256))

        self.refused(knowing(ALL), token)
        self.refused(knowing(ALL, SECRET), token)

    @pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "", None, "HS256 ", ["HS256"], {"a": 1}, 5, True])
    def test_no_other_name_opens(self, algorithm):
        self.refused(knowing(ALL, SECRET), forged({"alg": algorithm, "kid": "rsa"}, self.CONTENT, lambda _: b""))

    @pytest.mark.parametrize("algorithm", ["RS384", "RS512", "PS256", "PS384"])
    @pytest.mark.parametrize("kid", [None, "rsa"])
    def test_a_key_checks_one_algorithm_only(self, algorithm, kid):
        self.refused(knowing(ALL, SECRET), signed(RSA_KEY, algorithm, kid))

    def test_a_set_may_name_another_algorithm_of_the_kind(self):
        authenticator = knowing(key_set(public(RSA_KEY, kid="rsa", alg="PS256")))

        assert authenticator.principal(signed(RSA_KEY, "PS256", "rsa")).user_id == "alice"
        self.refused(authenticator, signed(RSA_KEY, "RS256", "rsa"))

    def test_a_key_in_the_token_is_not_looked_at(self):
        own = jwt.encode(
            self.CONTENT, OTHER_RSA_KEY, "RS256", headers={"jwk": public(OTHER_RSA_KEY), "jku": "http://127.0.0.1:1/"}
        )

        self.refused(knowing(ALL, SECRET), own)

    def test_a_secret_checks_no_token_with_another_algorithm(self):
        for algorithm in ("HS384", "HS512"):
            self.refused(Authenticator(SECRET), jwt.encode(self.CONTENT, SECRET * 2, algorithm))
            self.refused(Authenticator(SECRET * 2), jwt.encode(self.CONTENT, SECRET * 2, algorithm))

    def test_a_symmetric_key_in_a_set_is_passed_over(self):
        secret = base64.urlsafe_b64encode(SECRET.encode()).decode()
        mixed = key_set({"kty": "oct", "k": secret, "kid": "one", "alg": "HS256"}, public(EC_KEY, kid="one"))
        token = jwt.encode(self.CONTENT, SECRET, "HS256", headers={"kid": "one"})

        self.refused(knowing(mixed), token)

    def test_a_public_key_as_the_secret_is_a_fault_of_the_settings(self):
        pem = RSA_KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

        assert "expected a secret" in secret_fault(pem)
        assert secret_fault(SECRET) is None


@pytest.mark.parametrize(
    "unusable",
    [
        public(rsa.generate_private_key(65_537, 1024)),  # noqa: S505  # that is the point
        public(EC_KEY, use="enc"),
        public(EC_KEY, key_ops=["sign"]),
        public(EC_KEY, key_ops="verify"),
        public(EC_KEY, alg="RS256"),
        public(RSA_KEY, alg="HS256"),
        public(RSA_KEY, alg="RSA-OAEP"),
        public(RSA_KEY, alg=5),
        public(RSA_KEY, alg="none"),
        public(EC_KEY, alg="ES384"),
        public(EC_KEY, kid=5),
        public(EC_KEY, kty=["EC"]),
        public(EC_KEY, x=5),
        public(EC_KEY, x="AAAA"),
        public(EC_KEY, y=public(OTHER_EC_KEY)["y"]),
        public(EC_KEY, crv="P-521"),
        public(RSA_KEY, n=None),
        public(RSA_KEY, e="AA"),
        {**public(EC_KEY), "d": "AAAA"},
        jwt.get_algorithm_by_name("ES256").to_jwk(EC_KEY, as_dict=True) | {"key_ops": ["verify"]},
        jwt.get_algorithm_by_name("RS256").to_jwk(RSA_KEY, as_dict=True) | {"key_ops": ["verify"]},
        public(ec.generate_private_key(ec.SECP256K1())),
        {"kty": "oct", "k": "c2VjcmV0"},
        {},
        [],
        "key",
        None,
    ],
)
def test_a_key_that_cannot_check_is_passed_over(unusable):
    with pytest.raises(ValueError, match="there is none"):
        keys_of(key_set(unusable))
    assert [key.key_id for key in keys_of(key_set(unusable, public(ED_KEY, kid="good")))] == ["good"]


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (b"", "a JSON object"),
        (b"<html>", "a JSON object"),
        (b"[]", "a JSON object"),
        (b"{}", "a JSON object"),
        (b'{"keys": 5}', "a JSON object"),
        (b'{"keys": []}', "there is none"),
        (b"[" * 100_000, "a JSON object"),
        (b'{"keys": [' + b"[" * 10_000, "a JSON object"),
        (b"\xff\xfe", "a JSON object"),
        (b" " * (MAX_SET_BYTES + 1), "this one is larger"),
        (key_set(*[{}] * (MAX_KEYS + 1)), "at most 64 keys"),
    ],
)
def test_what_is_no_set_of_keys_is_refused_with_a_sentence(document, expected):
    with pytest.raises(ValueError, match=expected):
        keys_of(document)


_VALUES = st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.lists(st.text(max_size=8), max_size=3)
_FIELDS = ["kty", "crv", "n", "e", "x", "y", "kid", "alg", "use", "key_ops"]


@settings(max_examples=60)
@given(st.sampled_from([RSA_KEY, EC_KEY, ED_KEY]), st.dictionaries(st.sampled_from(_FIELDS), _VALUES, min_size=1))
def test_a_key_with_anything_in_it_is_taken_or_passed_over(key, changed):
    keys_of(key_set({**public(key), **changed}, public(ED_KEY)))
