"""Whom the gateway takes for the client, behind proxies and liars."""

from __future__ import annotations

from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict

from resonance_gateway.edge.hops import canonical, forwarded, forwarded_for, node
from resonance_gateway.edge.seats import seat_of
from resonance_gateway.edge.trust import ProxyHeader, Trust, networks

PROXY, CLIENT = "10.0.0.1", "198.51.100.7"


def client(peer, header=ProxyHeader.AUTO, trusted="10.0.0.0/8, 2001:db8:ffff::/48", **fields):
    headers = CIMultiDict()
    for name, values in fields.items():
        for value in [values] if isinstance(values, str) else values:
            headers.add(name.replace("_", "-"), value)
    return Trust(networks(trusted), header).client(peer, headers)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("192.0.2.1:4711", "192.0.2.1"),
        ("192.0.2.1:_hidden", "192.0.2.1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("[2001:DB8::0:1]:443", "2001:db8::1"),
        ("2001:db8::1", "2001:db8::1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("[::ffff:192.0.2.1]:80", "192.0.2.1"),
        ("unknown", None),
        ("_SEVKISEK", None),
        ("192.0.2.1:port", None),
        ("192.0.2.256", None),
        ("192.000.002.001", None),
        ("[192.0.2.1]", "192.0.2.1"),
        ("[2001:db8::1", None),
        ("fe80::1%eth0", None),
        ("", None),
        ("localhost", None),
        ("١٩٢.0.2.1", None),
    ],
)
def test_a_node_of_a_header(text, expected):
    found = node(text)
    assert (None if found is None else str(found)) == expected


def test_an_address_of_the_system_has_no_zone():
    assert str(canonical("fe80::1%eth0")) == "fe80::1"


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (["for=192.0.2.43"], [("192.0.2.43", "")]),
        (['For="[2001:db8:cafe::17]:4711"'], [("2001:db8:cafe::17", "")]),
        (["for=192.0.2.60;proto=http;by=203.0.113.43"], [("192.0.2.60", "http")]),
        (["for=192.0.2.43, for=198.51.100.17"], [("192.0.2.43", ""), ("198.51.100.17", "")]),
        (["for=192.0.2.43", "for=198.51.100.17"], [("192.0.2.43", ""), ("198.51.100.17", "")]),
        (['for="192.0.2.1";host="a,b;c=\\"d\\"";proto=HTTPS'], [("192.0.2.1", "https")]),
        (['for="_gazonk"'], [(None, "")]),
        (["for=unknown"], [(None, "")]),
        (["by=203.0.113.43"], [(None, "")]),
        (["for=192.0.2.1;for=192.0.2.2"], [(None, "")]),
        (["for = 192.0.2.1"], [(None, "")]),
        (["for=2001:db8::1"], [(None, "")]),
        (['for="192.0.2.1'], [(None, "")]),
        (['for="192.0.2.1, for=192.0.2.2', "for=192.0.2.3"], [(None, ""), ("192.0.2.3", "")]),
        (["nonsense"], [(None, "")]),
        ([", ,"], []),
        ([], []),
    ],
)
def test_hops_of_forwarded(fields, expected):
    assert [(None if a is None else str(a), scheme) for a, scheme in forwarded(fields)] == expected


def test_hops_of_x_forwarded_for():
    assert [str(a) for a in forwarded_for(["192.0.2.1, 10.0.0.9:80", "bad, [2001:db8::1]:1"])] == [
        "192.0.2.1",
        "10.0.0.9",
        "None",
        "2001:db8::1",
    ]


@pytest.mark.parametrize("field", ["Forwarded", "X_Forwarded_For"])
def test_nobody_else_is_believed(field):
    assert client(CLIENT, **{field: "for=192.0.2.1" if field == "Forwarded" else "192.0.2.1"}) == CLIENT
    assert client(PROXY, trusted="", **{field: "for=192.0.2.1" if field == "Forwarded" else "192.0.2.1"}) == PROXY


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, PROXY),
        ({"X_Forwarded_For": CLIENT}, CLIENT),
        ({"X_Forwarded_For": f"192.0.2.66, {CLIENT}"}, CLIENT),
        ({"X_Forwarded_For": f"192.0.2.66, {CLIENT}, 10.0.0.2"}, CLIENT),
        ({"X_Forwarded_For": ["192.0.2.66", f"{CLIENT}, 10.9.9.9"]}, CLIENT),
        ({"X_Forwarded_For": "10.0.0.3, 10.0.0.2"}, "10.0.0.3"),
        ({"X_Forwarded_For": "192.0.2.66, garbage, 10.0.0.2"}, "10.0.0.2"),
        ({"X_Forwarded_For": "garbage"}, PROXY),
        ({"X_Forwarded_For": "2001:db8:ffff::2, 2001:db8:ffff::3"}, "2001:db8:ffff::2"),
        ({"X_Forwarded_For": "2001:db8:1::2, [2001:db8:ffff::3]:443"}, "2001:db8:1::2"),
        ({"Forwarded": f"for=192.0.2.66, for={CLIENT}, for=10.0.0.2"}, CLIENT),
        ({"Forwarded": "for=192.0.2.66, for=unknown, for=10.0.0.2"}, "10.0.0.2"),
        ({"Forwarded": "for=_hidden"}, PROXY),
        ({"Forwarded": f"for={CLIENT}", "X_Forwarded_For": f"192.0.2.66, {CLIENT}"}, CLIENT),
        ({"Forwarded": "for=192.0.2.66", "X_Forwarded_For": CLIENT}, PROXY),
        ({"Forwarded": 'for="', "X_Forwarded_For": CLIENT}, PROXY),
    ],
)
def test_the_first_that_is_no_proxy_is_the_client(fields, expected):
    assert client(PROXY, **fields) == expected
    assert client(f"::ffff:{PROXY}", **fields) == expected


def test_a_header_that_proxies_do_not_write_is_passed_over():
    both = {"Forwarded": "for=192.0.2.66", "X_Forwarded_For": CLIENT}
    assert client(PROXY, ProxyHeader.X_FORWARDED_FOR, **both) == CLIENT
    assert client(PROXY, ProxyHeader.FORWARDED, **both) == "192.0.2.66"


def test_the_walk_has_an_end():
    assert client(PROXY, X_Forwarded_For=",".join([CLIENT, *["10.0.0.2"] * 1000])) == "10.0.0.2"


@given(st.lists(st.text(st.characters(codec="latin-1"), max_size=200), max_size=4))
def test_whatever_a_header_says_is_an_address_or_passed_over(values):
    for field in ("Forwarded", "X_Forwarded_For"):
        assert ip_address(client(PROXY, **{field: values}))


@pytest.mark.parametrize(
    "ugly", [" " * 200_000 + '"', '"' * 200_000, 'a="' + "\\" * 200_000, ";" * 200_000, "for=" * 50_000]
)
def test_a_header_that_is_made_to_be_slow_is_not(ugly):
    assert client(PROXY, Forwarded=ugly) == PROXY


@pytest.mark.parametrize(
    ("peer", "fields", "secure"),
    [
        (PROXY, {"X_Forwarded_Proto": "https"}, True),
        (PROXY, {"Forwarded": "for=192.0.2.1;proto=https"}, True),
        (PROXY, {"X_Forwarded_Proto": "https, http"}, False),
        (PROXY, {}, False),
        (CLIENT, {"X_Forwarded_Proto": "https"}, False),
    ],
)
def test_the_scheme_that_a_proxy_tells(peer, fields, secure):
    headers = CIMultiDict({name.replace("_", "-"): value for name, value in fields.items()})
    assert Trust(networks("10.0.0.0/8")).secure(peer, headers) is secure


def test_addresses_are_counted_by_household():
    assert seat_of("192.0.2.1") == seat_of("::ffff:192.0.2.1") == "192.0.2.1"
    assert seat_of("2001:db8:1:2:3::4") == seat_of("2001:db8:1:2:ffff::") == "2001:db8:1:2::/64"
    assert seat_of("2001:db8:1:3::4") != seat_of("2001:db8:1:2::4")
