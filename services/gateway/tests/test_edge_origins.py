"""Which web pages may open WebSockets."""

from __future__ import annotations

import pytest

from resonance_gateway.edge.origins import Origins

LISTED = "https://app.example.com, https://*.example.org, http://localhost:3000, capacitor://localhost"


@pytest.mark.parametrize(
    ("allowed", "origin", "expected"),
    [
        ("", None, True),
        ("", "https://gateway.test", True),
        ("", "https://GATEWAY.test:443", True),
        ("", "http://gateway.test", False),
        ("", "https://gateway.test:8443", False),
        ("", "https://gateway.test.evil.example", False),
        ("", "https://evil.example", False),
        ("", "null", False),
        ("", "", False),
        ("", "https://gateway.test/", False),
        ("", "https://user@gateway.test", False),
        ("", "gateway.test", False),
        ("null", "null", True),
        ("null", "https://evil.example", False),
        ("*", "null", True),
        ("*", "https://evil.example", True),
        (LISTED, "https://app.example.com", True),
        (LISTED, "https://app.example.com:443", True),
        (LISTED, "https://app.example.com:8443", False),
        (LISTED, "http://app.example.com", False),
        (LISTED, "https://evil-app.example.com", False),
        (LISTED, "https://a.example.org", True),
        (LISTED, "https://a.b.example.org", True),
        (LISTED, "https://example.org", False),
        (LISTED, "https://evilexample.org", False),
        (LISTED, "https://a.example.org.evil.example", False),
        (LISTED, "http://localhost:3000", True),
        (LISTED, "http://localhost", False),
        (LISTED, "capacitor://localhost", True),
        (LISTED, "https://gateway.test", True),
        (LISTED, "null", False),
    ],
)
def test_origins(allowed, origin, expected):
    assert Origins(allowed).allow(origin, "gateway.test:443", True) is expected


def test_without_tls_known_the_scheme_of_the_own_page_does_not_matter():
    origins = Origins("")
    assert origins.allow("https://gateway.test", "gateway.test", False)
    assert origins.allow("http://gateway.test:8000", "gateway.test:8000", False)
    assert origins.allow("http://[2001:db8::1]:8000", "[2001:DB8::1]:8000", False)
    assert not origins.allow("https://gateway.test", "gateway.test:8000", False)
    assert not origins.allow("https://gateway.test", "", False)


@pytest.mark.parametrize(
    "wrong", ["example.com", "https://*", "https://a*.example.com", "https://example.com/path", "**"]
)
def test_what_is_no_origin_is_named(wrong):
    with pytest.raises(ValueError, match=r"expected origins as https://app\.example\.com .* but one part is"):
        Origins(f"https://a.example, {wrong}")
