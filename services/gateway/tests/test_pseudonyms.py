"""Pseudonyms: stable, keyed, of one form; the directory is bounded."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resonance_gateway.people.keys import Key, keys_of
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


OLD, NEW = "an old key, which never had an id of its own", "a new key with an id, so that it can be told"


def test_a_pseudonym_names_its_key_and_the_first_key_makes_it():
    rotated = Pseudonyms(Key("2027", NEW), OLD)

    assert re.fullmatch("u_2027_[a-z2-7]{26}", rotated.user("alice"))
    assert re.fullmatch("a_2027_[a-z2-7]{26}", rotated.address("192.0.2.1"))
    assert is_user_key(rotated.user("alice"))
    assert rotated.user("alice") != Pseudonyms(Key("2028", NEW)).user("alice")


def test_what_older_keys_made_is_still_known_to_be_somebodys():
    rotated = Pseudonyms(Key("2027", NEW), OLD)

    assert rotated.every("alice") == (rotated.user("alice"), Pseudonyms(OLD).user("alice"))


def test_keys_are_read_in_their_order():
    first, second = Key("b", "x" * 32), Key("a1", "y" * 32)

    assert keys_of(f"b:{'x' * 32}\na1:{'y' * 32}") == keys_of(f" b:{'x' * 32}, a1:{'y' * 32},") == (first, second)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ("", "it is empty"),
        ("x" * 40, "expected id:secret"),
        ("B:" + "x" * 40, "expected id:secret"),
        ("b:short", "the secret of b has 5"),
        (f"b:{'x' * 32},b:{'y' * 32}", "different ids"),
        (f"b:{'x' * 32},c:{'x' * 32}", "different secrets"),
    ],
)
def test_keys_that_cannot_be_meant_are_refused_in_words(wrong, says):
    with pytest.raises(ValueError, match=says) as refused:
        keys_of(wrong)
    assert "xxxx" not in str(refused.value)


def test_the_directory_forgets_a_person():
    directory = Directory()
    directory.learn("u_a", "a")
    directory.forget("u_a")
    directory.forget("u_b")

    assert directory.user_id("u_a") is None
