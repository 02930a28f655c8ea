"""What is found in a text, and what is not."""

from __future__ import annotations

import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from resonance_privacy import Kind, find, patterns
from resonance_privacy.finding import _MANY_DIGITS, _finders, _shadow

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"

FOUND = [
    ("write to ivan.petrov+news@mail.example.org, please", Kind.EMAIL, "ivan.petrov+news@mail.example.org"),
    ("почта: иван@почта.рф", Kind.EMAIL, "иван@почта.рф"),
    ("звоните 8 (916) 123-45-67", Kind.PHONE, "8 (916) 123-45-67"),
    ("тел. +7 495 123 45 67.", Kind.PHONE, "+7 495 123 45 67"),
    ("call 89161234567 now", Kind.PHONE, "89161234567"),
    ("call +44 20 7946 0958", Kind.PHONE, "+44 20 7946 0958"),
    ("call +1-202-555-0143", Kind.PHONE, "+1-202-555-0143"),
    ("ИНН 7707083893", Kind.INN, "7707083893"),
    ("taxpayer 500100732259", Kind.INN, "500100732259"),
    ("ИНН: 1234567890", Kind.INN, "1234567890"),
    ("СНИЛС 112-233-445 95", Kind.SNILS, "112-233-445 95"),
    ("снилс 11223344595", Kind.SNILS, "11223344595"),
    ("паспорт 4508 123456", Kind.PASSPORT, "4508 123456"),
    ("выдан 45 08 123456", Kind.PASSPORT, "45 08 123456"),
    ("passport no. AB1234567", Kind.PASSPORT, "AB1234567"),
    ("card 4111 1111 1111 1111", Kind.CARD, "4111 1111 1111 1111"),
    ("card 5555555555554444!", Kind.CARD, "5555555555554444"),
    ("mir 2200-0000-0000-0004", Kind.CARD, "2200-0000-0000-0004"),
    ("amex 378282246310005", Kind.CARD, "378282246310005"),
    ("Authorization: Bearer abcdef123456", Kind.CREDENTIAL, "abcdef123456"),
    ("password=hunter22&x=1", Kind.CREDENTIAL, "hunter22"),
    ("Set-Cookie: sid=4f2a; Path=/", Kind.CREDENTIAL, "sid=4f2a"),
    ("session_id=4f2a9c", Kind.CREDENTIAL, "4f2a9c"),
    ("пароль: Барсик2020", Kind.CREDENTIAL, "Барсик2020"),
    ("key sk-ant-api03-AbCdEfGhIjKlMnOpQrSt", Kind.CREDENTIAL, "sk-ant-api03-AbCdEfGhIjKlMnOpQrSt"),
    (
        "jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
        Kind.CREDENTIAL,
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
    ),
    ("aws AKIAIOSFODNN7EXAMPLE", Kind.CREDENTIAL, "AKIAIOSFODNN7EXAMPLE"),
    ("redis://admin:s3cret@store:6379", Kind.CREDENTIAL, "admin:s3cret"),
    ("blob Zm9vYmFyMTIzNDU2Nzg5MEFCQ0RFRkdISUpLTE1O", Kind.CREDENTIAL, "Zm9vYmFyMTIzNDU2Nzg5MEFCQ0RFRkdISUpLTE1O"),
    ("from 203.0.113.7 port 22", Kind.ADDRESS, "203.0.113.7"),
    ("from 2001:db8::8a2e:370:7334 port 22", Kind.ADDRESS, "2001:db8::8a2e:370:7334"),
    ("mac 00:1B:44:11:3A:B7", Kind.ADDRESS, "00:1B:44:11:3A:B7"),
    ("живёт: ул. Ленина, д. 5, кв. 12", Kind.ADDRESS, "ул. Ленина, д. 5, кв. 12"),
    ("lives at 221 Baker Street", Kind.ADDRESS, "221 Baker Street"),
    ("тел. +7 ９１６ １２３ ４５ ６７", Kind.PHONE, "+7 ９１６ １２３ ４５ ６７"),
]

NOTHING = [
    "45 messages a minute instead of 12.5",
    "at 2026-11-30 04:24:11.123 and at 1795269905",
    "offset 1795269905000000, took 1795269905123 ms",
    "version 4f2a9c0d1e3b5a6978877665544332211aabbccddeeff00112233445566778899",
    "block blk_-6952295868487656571 of 67108864",
    "score 0.9871234567, share 0.000123456789",
    "the third step at 12:30:45",
    "user u_abcdefghijklmnopqrstuvwx23 in room:orders.eu",
    "std::vector and Foo::bar",
    "ошибок 1 234 567 за час",
    "card 4111 1111 1111 1112",
]


@pytest.mark.parametrize(("text", "kind", "expected"), FOUND)
def test_found(text: str, kind: Kind, expected: str) -> None:
    assert [(span.kind, text[span.start : span.end]) for span in find(text)] == [(kind, expected)]


@pytest.mark.parametrize("text", NOTHING)
def test_what_is_ordinary_is_not_found(text: str) -> None:
    assert [(span.kind, text[span.start : span.end]) for span in find(text)] == []


def test_several_are_found_in_order_and_none_twice() -> None:
    text = "ivan@mail.ru, 8 916 123-45-67, 203.0.113.7; password: qwerty12, 4111111111111111"
    assert [span.kind for span in find(text)] == [Kind.EMAIL, Kind.PHONE, Kind.ADDRESS, Kind.CREDENTIAL, Kind.CARD]


NUMBERS = (
    patterns.SNILS, patterns.SNILS_BARE, patterns.CARD, patterns.INN, patterns.PASSPORT_LOOSE, patterns.PASSPORT,
    patterns.PHONE,
)  # fmt: skip
SIGNS = (
    (patterns.TOKEN, patterns.TOKEN_SIGNS),
    (patterns.STREET_RU, patterns.STREET_RU_SIGNS),
    (patterns.STREET_EN, patterns.STREET_EN_SIGNS),
    (patterns.SECRET, (":", "=", "bearer", "basic", "digest")),
)


@pytest.mark.parametrize("pattern", NUMBERS, ids=lambda pattern: pattern.pattern[:24])
@given(data=st.data())
def test_whatever_looks_like_a_number_of_somebody_has_six_digits_together(
    pattern: re.Pattern[str], data: st.DataObject
) -> None:
    text = _shadow(data.draw(st.from_regex(pattern)))
    assume(any(sum(map(str.isdigit, match.group())) >= 6 for match in pattern.finditer(text)))
    assert _finders(text) is _MANY_DIGITS


@pytest.mark.parametrize(("pattern", "signs"), SIGNS, ids=["token", "street_ru", "street_en", "secret"])
@given(data=st.data())
def test_whatever_a_pattern_matches_has_one_of_its_signs(
    pattern: re.Pattern[str], signs: tuple[str, ...], data: st.DataObject
) -> None:
    text = _shadow(data.draw(st.from_regex(pattern)))
    assert pattern.search(text) is None or any(sign in text.lower() for sign in signs)
