"""Whatever a provider does, the caller has words in time, and each attempt is one request."""

from __future__ import annotations

import pytest

from tests.providers.table import DEADLINE_S, played, streamed
from tests.support.llm_faults import FAULTS, STREAM_FAULTS
from tests.support.llm_server import PROVIDERS

SLACK_S = 1.5  # the machine that tests may be busy; whoever ignores the deadline takes far longer
OTHER = {"openai": "anthropic", "anthropic": "openai"}


@pytest.mark.parametrize("name", FAULTS)
@pytest.mark.parametrize("provider", PROVIDERS)
async def test_alone_with_a_fault_a_caller_has_words_in_time(provider: str, name: str) -> None:
    fault, row = FAULTS[name], await played(name, (provider,))
    assert row.valid
    assert row.author == ("offline" if fault.stays else provider)
    assert row.requests == (fault.requests,)
    assert set(row.reasons) == ({fault.kind} if row.author == "offline" or fault.kind != "broken_answer" else set())
    assert row.attempts == fault.requests or fault.respond is None
    assert row.seconds < DEADLINE_S + SLACK_S


@pytest.mark.parametrize("name", FAULTS)
@pytest.mark.parametrize("provider", PROVIDERS)
async def test_with_another_provider_its_words_are_taken(provider: str, name: str) -> None:
    fault, row = FAULTS[name], await played(name, (provider, OTHER[provider]))
    assert row.valid
    smaller = name == "too_long" and provider == "anthropic"  # the other one takes even less
    once_more = fault.kind == "broken_answer" and not fault.stays
    assert row.author == ("offline" if smaller else provider if once_more else OTHER[provider])
    assert row.requests[1] == (0 if smaller or once_more else 1)
    assert set(row.reasons) == (set() if once_more else {fault.kind})
    assert row.seconds < DEADLINE_S + SLACK_S


@pytest.mark.parametrize("name", STREAM_FAULTS)
@pytest.mark.parametrize("provider", PROVIDERS)
async def test_a_stream_that_does_not_end_by_itself_is_a_failure(provider: str, name: str) -> None:
    row = await streamed(name, provider)
    assert row.kind == STREAM_FAULTS[name].kind
    assert row.requests == 1


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_a_stream_that_ends_by_itself_is_complete(provider: str) -> None:
    row = await streamed("", provider)
    assert (row.kind, row.pieces, row.requests) == ("", 4, 1)


async def test_what_a_failure_cost_is_counted() -> None:
    assert (await played("500_always", ("openai",))).dollars == 0
    assert (await played("refusal", ("openai",))).dollars == pytest.approx((900 * 0.75 + 300 * 4.5) / 1e6)
    unknown = await played("silent", ("openai",))
    assert unknown.dollars > 2000 * 4.5 / 1e6, "all that was reserved: a model may have worked"
