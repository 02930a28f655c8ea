"""The provider of the load writes words that the product takes, and fails now and then."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web

from tests.dashboards import provider as beside
from tests.support.llm_server import PROVIDERS
from tests.support.llm_writer import brief, provider, scene


@pytest.fixture
async def url() -> AsyncIterator[str]:
    runner = web.AppRunner(beside.application())
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


@pytest.mark.parametrize("name", PROVIDERS)
async def test_its_words_are_taken(url: str, name: str) -> None:
    asked = provider(name, url)
    wording, _ = await scene([asked]).write(brief(), 5.0)
    await asked.close()
    assert (wording.provider, list(wording.degraded)) == (name, [])


async def test_it_is_overloaded_now_and_then(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beside, "TAKES_S", 0.0)
    body = {"messages": [{"role": "user", "content": '{"languages": ["en"]}'}]}
    async with aiohttp.ClientSession() as http:
        statuses = []
        for _ in range(beside.FAILS):
            async with http.post(f"{url}/v1/messages", json=body) as answer:
                statuses.append(answer.status)
        async with http.post(f"{url}/told", json={}) as answer:
            assert answer.status == 200
    assert statuses == [200] * (beside.FAILS - 1) + [529]
