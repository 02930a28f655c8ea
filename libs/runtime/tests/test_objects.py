"""Conditional writes bear clocks that are off as ordinary requests do."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

import pytest

from resonance_runtime.errors import Unavailable
from resonance_runtime.objects import STATE_BUCKET, ObjectStore
from resonance_runtime.settings import ObjectStoreSettings, load

# As MinIO and S3 have it.
BEARABLE = timedelta(minutes=15)


class Store:
    """The part of HTTP that is used, before a store whose clock is ahead of ours."""

    def __init__(self, ahead: timedelta) -> None:
        self.ahead = ahead

    def request(self, method: str, url: str, *, body: bytes, headers: Mapping[str, str]) -> SimpleNamespace:
        asked = parse_qs(urlsplit(url).query)
        signed = datetime.strptime(asked["X-Amz-Date"][0], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        over = signed + timedelta(seconds=int(asked["X-Amz-Expires"][0]))
        return SimpleNamespace(status=403 if datetime.now(UTC) + self.ahead > over else 200)


def objects(ahead: timedelta, monkeypatch: pytest.MonkeyPatch) -> ObjectStore:
    made = ObjectStore(load(ObjectStoreSettings, {}))
    monkeypatch.setattr(made, "_http", Store(ahead))
    return made


async def test_state_is_kept_while_the_clock_is_minutes_behind_the_stores(monkeypatch: pytest.MonkeyPatch) -> None:
    store = objects(BEARABLE - timedelta(minutes=1), monkeypatch)
    assert await store.put_if_absent(STATE_BUCKET, "a", b"x")
    await store.stop()


async def test_beyond_what_a_store_bears_it_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    store = objects(BEARABLE + timedelta(minutes=1), monkeypatch)
    with pytest.raises(Unavailable, match="403"):
        await store.put_if_absent(STATE_BUCKET, "a", b"x")
    await store.stop()


async def test_what_is_said_of_a_store_that_is_away_holds_no_signed_address() -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{nobody.getsockname()[1]}"
        store = ObjectStore(load(ObjectStoreSettings, {"RESONANCE_S3_ENDPOINT": address}))
        for call in (store.put_if_absent(STATE_BUCKET, "a", b"x"), store.get(STATE_BUCKET, "a")):
            with pytest.raises(Unavailable, match=r"cannot be reached: .*refused") as told:
                await call
            assert "Signature" not in str(told.value) and "?" not in str(told.value)
        await store.stop()
