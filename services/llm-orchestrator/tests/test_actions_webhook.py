"""The executor that tells other systems, against one that fails on demand."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from email.utils import formatdate
from typing import Any

import pytest

from resonance_llm_orchestrator.actions.errors import Failed
from resonance_llm_orchestrator.actions.executors.webhook import signature
from tests.support.outside import SECRET, Fake, begun, served, webhook


@pytest.fixture
async def fake() -> AsyncIterator[Fake]:
    async with served() as made:
        yield made


async def test_a_webhook_gets_the_action_once_signed_and_with_a_key_for_repeats(fake: Fake) -> None:
    hook, ticket = webhook(fake), begun("create_incident_ticket")
    assert await hook.run(ticket) == "The webhook tickets took it."
    await hook.close()
    ((method, _, headers, body),) = fake.requests
    told = json.loads(body)
    assert (method, told["type"], told["alert_id"]) == ("POST", "resonance.action.create_incident_ticket", "al_1")
    assert (told["severity"], told["parameters"]) == ("critical", {"priority": 3})
    assert set(told["texts"]) == {"en", "ru"}
    assert (headers["Idempotency-Key"], headers["webhook-id"]) == (f'"{ticket.id}"', ticket.id)
    expected = signature(SECRET.encode(), ticket.id, headers["webhook-timestamp"], body)
    assert headers["webhook-signature"] == expected


def test_signatures_are_those_of_standard_webhooks() -> None:
    # The example of the specification's own libraries.
    from base64 import b64decode

    secret = b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    made = signature(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", b'{"test": 2432232314}')
    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize(
    ("plan", "requests", "said"),
    [
        ([200], 1, "took it"),
        ([500, 503, 200], 3, "took it"),
        ([429, 200], 2, "took it"),
        (["cut", 200], 2, "took it"),
        ([1.0, 200], 2, "took it"),
        ([409], 1, "had it already"),
    ],
)
async def test_what_may_pass_is_tried_again(fake: Fake, plan: list[Any], requests: int, said: str) -> None:
    fake.plan, hook = plan, webhook(fake)
    assert said in await hook.run(begun("notify_devops_team"))
    await hook.close()
    assert len(fake.requests) == requests
    assert len({headers["Idempotency-Key"] for _, _, headers, _ in fake.requests}) == 1


@pytest.mark.parametrize(
    ("plan", "requests", "said"),
    [
        ([400], 1, "The webhook tickets answered with 400."),
        ([401], 1, "The webhook tickets answered with 401."),
        ([302], 1, "The webhook tickets answered with 302."),
        ([500] * 9, 4, "The webhook tickets answered with 500, 4 attempts."),
        ([1.0] * 9, 4, "did not answer in time; whether it was done there is not known, 4 attempts."),
        (["cut"] * 9, 4, "The webhook tickets could not be reached"),
    ],
)
async def test_what_does_not_pass_is_said_without_secrets(
    fake: Fake, plan: list[Any], requests: int, said: str
) -> None:
    fake.plan, hook = plan, webhook(fake)
    with pytest.raises(Failed) as caught:
        await hook.run(begun("notify_devops_team"))
    await hook.close()
    assert said in str(caught.value) and len(fake.requests) == requests
    for secret in ("in-the-address", SECRET, "127.0.0.1", "html"):
        assert secret not in str(caught.value)


@pytest.mark.parametrize(
    ("headers", "least_s"),
    [
        ({"Retry-After": "1"}, 1.0),
        ({"retry-after-ms": "700"}, 0.7),
        (None, 1.0),
    ],
    ids=["seconds", "milliseconds", "date"],
)
async def test_whoever_asks_to_wait_is_not_asked_before_in_whatever_form_they_say_it(
    fake: Fake, headers: dict[str, str] | None, least_s: float
) -> None:
    # A date has no fractions: of two seconds from now at least one is left.
    fake.plan, hook = [headers or {"Retry-After": formatdate(time.time() + 2, usegmt=True)}], webhook(fake)
    began = time.monotonic()
    assert "took it" in await hook.run(begun("notify_devops_team"))
    await hook.close()
    assert len(fake.requests) == 2 and time.monotonic() - began >= least_s


@pytest.mark.parametrize("asked", ["3600", "date"])
async def test_whoever_asks_to_wait_for_longer_than_there_is_ends_it_at_once(fake: Fake, asked: str) -> None:
    until = formatdate(time.time() + 3600, usegmt=True) if asked == "date" else asked
    fake.plan, hook = [{"Retry-After": until}] * 9, webhook(fake)
    began = time.monotonic()
    with pytest.raises(Failed, match="answered with 429, 1 attempt"):
        await hook.run(begun("notify_devops_team"))
    await hook.close()
    assert len(fake.requests) == 1 and time.monotonic() - began < 2
