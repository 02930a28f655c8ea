"""Keys from an address: rotation without a gap, and every way in which an address fails."""

from __future__ import annotations

import asyncio
import gzip

import pytest
from prometheus_client import REGISTRY

from resonance_gateway.auth import issuer as module
from resonance_gateway.auth.issuer import IssuerAddress
from resonance_gateway.auth.jwks import MAX_SET_BYTES, IssuedKeys
from resonance_gateway.auth.tokens import Authenticator
from resonance_gateway.errors import KeysAway, NotAuthenticated
from services.gateway.tests.issuers import EC_KEY, OTHER_EC_KEY, RSA_KEY, key_set, public, signed

RSA = signed(RSA_KEY, "RS256", "one")
ROTATED = key_set(public(EC_KEY, kid="two"))
NEW = signed(EC_KEY, "ES256", "two")


@pytest.fixture
async def addressed(issuer, health):
    """An authenticator with the keys of the issuer, and the address itself."""
    made = []

    def make(pause_s=0.05, **how):
        issued = IssuedKeys()
        address = IssuerAddress(issuer.url, issued, health, pause_s=pause_s, **{"timeout_s": 30.0, **how})
        made.append(address)
        return Authenticator(issued=issued, issuer=address), address

    yield make
    for address in made:
        await address.stop()


async def checked(authenticator, token):
    """As the shells do it."""
    if not authenticator.knows(token):
        await authenticator.prepare(token)
    return authenticator.principal(token).user_id


def fetches(result):
    return REGISTRY.get_sample_value("resonance_gateway_key_fetches_total", {"result": result}) or 0.0


async def test_the_first_token_brings_the_keys(addressed, issuer, health):
    authenticator, _ = addressed()

    assert await checked(authenticator, RSA) == "alice"
    assert await checked(authenticator, RSA) == "alice"
    assert issuer.fetches == 1
    assert health.degradations() == {}


async def test_a_new_key_is_known_with_its_first_token_and_the_old_one_no_longer(addressed, issuer):
    authenticator, _ = addressed()
    await checked(authenticator, RSA)
    issuer.document = ROTATED

    assert await checked(authenticator, NEW) == "alice"
    with pytest.raises(NotAuthenticated, match="none of its issuer's keys"):
        await checked(authenticator, RSA)


async def test_while_both_keys_are_published_nobody_is_refused(addressed, issuer):
    authenticator, _ = addressed()
    await checked(authenticator, RSA)
    issuer.document = key_set(public(RSA_KEY, kid="one"), public(EC_KEY, kid="two"))

    assert await asyncio.gather(*(checked(authenticator, token) for token in (RSA, NEW) * 20)) == ["alice"] * 40
    assert issuer.fetches == 2


async def test_a_new_key_right_after_a_fetch_waits_for_the_next_one(addressed, issuer):
    authenticator, _ = addressed(pause_s=0.3)
    await checked(authenticator, RSA)
    waiting = asyncio.create_task(checked(authenticator, NEW))
    await asyncio.sleep(0)
    issuer.document = ROTATED

    assert await waiting == "alice"
    assert issuer.fetches == 2


async def test_bad_tokens_bring_no_fetch_each(addressed, issuer):
    authenticator, _ = addressed(pause_s=0.5)
    await checked(authenticator, RSA)
    junk = [signed(OTHER_EC_KEY, "ES256", f"junk-{i}") for i in range(200)]

    refused = await asyncio.gather(*(checked(authenticator, token) for token in junk), return_exceptions=True)

    assert all(type(fault) is NotAuthenticated for fault in refused)
    assert issuer.fetches == 2


async def test_between_two_fetches_there_is_a_pause(addressed, issuer):
    authenticator, _ = addressed(pause_s=60)
    await checked(authenticator, RSA)

    for _ in range(2):
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(checked(authenticator, NEW), 0.1)
    assert issuer.fetches == 1


@pytest.mark.parametrize("token", ["", "x", "a.b.c", RSA[:-4] + "AAAA", signed("s" * 40, "HS256")])
async def test_what_no_key_would_make_good_brings_no_fetch(addressed, issuer, token):
    authenticator, _ = addressed()
    await checked(authenticator, RSA)

    with pytest.raises(NotAuthenticated):
        await checked(authenticator, token)
    assert issuer.fetches == 1


async def test_a_slow_address_holds_up_nobody_whose_key_is_known(addressed, issuer, eventually):
    authenticator, _ = addressed()
    await checked(authenticator, RSA)
    issuer.open.clear()
    issuer.document = ROTATED
    waiting = asyncio.create_task(checked(authenticator, NEW))
    await eventually(lambda: issuer.fetches == 2)

    assert [await checked(authenticator, RSA) for _ in range(20)] == ["alice"] * 20
    assert not waiting.done()
    issuer.open.set()
    assert await waiting == "alice"


async def test_one_who_gives_up_waiting_ends_no_fetch_of_others(addressed, issuer, eventually):
    authenticator, _ = addressed()
    issuer.open.clear()
    first, second = (asyncio.create_task(checked(authenticator, RSA)) for _ in range(2))
    await eventually(lambda: issuer.fetches)
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    issuer.open.set()

    assert await second == "alice"
    assert issuer.fetches == 1


def fail(issuer, how):
    match how:
        case "status":
            issuer.status = 500
        case "redirect":
            issuer.status, issuer.headers, issuer.document = 302, {"Location": "/moved"}, ROTATED
        case "garbage":
            issuer.document = b"<html>not here</html>"
        case "no keys":
            issuer.document = key_set()
        case "huge":
            issuer.document = b" " * (MAX_SET_BYTES * 8)
        case "slow":
            issuer.open.clear()
        case "compressed":
            issuer.headers, issuer.document = {"Content-Encoding": "gzip"}, gzip.compress(ROTATED)


@pytest.mark.parametrize("how", ["status", "redirect", "garbage", "no keys", "huge", "slow", "compressed"])
async def test_while_the_address_is_away_known_keys_stay_and_unknown_ones_may_come_later(
    addressed, issuer, health, how
):
    authenticator, address = addressed(timeout_s=1.0 if how == "slow" else 30.0)
    await checked(authenticator, RSA)
    failed = fetches("failed")
    fail(issuer, how)

    with pytest.raises(KeysAway, match="try again later"):
        await checked(authenticator, NEW)
    assert await checked(authenticator, RSA) == "alice"
    assert fetches("failed") == failed + 1
    sentence = health.degradations()["token keys"]
    assert "stay in force." in sentence and issuer.url not in sentence

    issuer.open.set()
    issuer.status, issuer.headers, issuer.document = 200, {}, ROTATED
    assert await checked(authenticator, NEW) == "alice"
    assert not address.away and health.degradations() == {}


async def test_an_address_that_was_never_there_is_named(issuer, addressed, health):
    authenticator, _ = addressed()
    await issuer.server.close()

    with pytest.raises(KeysAway):
        await checked(authenticator, RSA)
    assert "There are none yet" in health.degradations()["token keys"]


async def test_too_many_do_not_wait(addressed, issuer, monkeypatch, eventually, spawn):
    monkeypatch.setattr(module, "MAX_WAITING", 2)
    authenticator, address = addressed()
    issuer.open.clear()
    waiting = [asyncio.create_task(checked(authenticator, RSA)) for _ in range(2)]
    await eventually(lambda: issuer.fetches)

    with pytest.raises(KeysAway, match="too many wait"):
        await checked(authenticator, RSA)
    freshening = spawn("fetching keys", address.keep_fresh())
    await asyncio.sleep(0)
    issuer.open.set()
    assert await asyncio.gather(*waiting) == ["alice", "alice"]
    assert not freshening.done()


async def test_keys_are_fetched_again_without_being_asked_for(addressed, issuer, spawn, eventually):
    authenticator, address = addressed(refresh_s=0.1)
    spawn("fetching keys", address.keep_fresh())
    await eventually(lambda: authenticator.knows(RSA))
    issuer.document = ROTATED

    await eventually(lambda: authenticator.knows(NEW))
    assert not authenticator.knows(RSA)
