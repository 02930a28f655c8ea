"""Pseudonyms: stable, keyed, of one form; the directory is bounded."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from resonance_gateway.people.pseudonyms import AddressKeys, Directory, Pseudonyms, is_user_key


@given(st.text())
def test_they_have_one_form_and_depend_on_the_key(text):
    one, other = Pseudonyms("key one"), Pseudonyms("key two")

    assert re.fullmatch("u_[a-z2-7]{26}", one.user(text))
    assert is_user_key(one.user(text))
    assert one.user(text) == Pseudonyms("key one").user(text)
    assert one.user(text) != other.user(text)


def test_the_same_text_has_unrelated_pseudonyms_as_user_address_and_token():
    pseudonyms = Pseudonyms("key")
    tails = {made("x")[2:] for made in (pseudonyms.user, pseudonyms.address, pseudonyms.token)}

    assert len(tails) == 3


def test_a_user_id_is_not_a_user_key():
    assert not is_user_key("alice")
    assert not is_user_key("u_" + "A" * 26)


def test_the_directory_forgets_who_was_seen_longest_ago():
    directory = Directory(capacity=2)
    directory.learn("u_a", "a")
    directory.learn("u_b", "b")
    directory.learn("u_a", "a")
    directory.learn("u_c", "c")

    assert [directory.user_id(key) for key in ("u_a", "u_b", "u_c")] == ["a", None, "c"]


def test_the_cache_of_addresses_gives_what_the_key_gives_and_stays_small():
    pseudonyms = Pseudonyms("key")
    keys = AddressKeys(pseudonyms, capacity=2)

    for address in ("1.1.1.1", "2.2.2.2", "3.3.3.3", "1.1.1.1"):
        assert keys.key(address) == pseudonyms.address(address)
    assert keys.key("") == ""
