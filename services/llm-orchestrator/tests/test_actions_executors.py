"""Which executors there are, and the one that limits users at the gateways."""

from __future__ import annotations

from typing import Any

import pytest

from resonance_llm_orchestrator.actions.errors import PolicyError
from resonance_llm_orchestrator.actions.executors import registry
from resonance_llm_orchestrator.actions.executors.gateway_limits import GatewayLimits, limit_record
from resonance_llm_orchestrator.actions.executors.registry import Surroundings, executors_of
from resonance_llm_orchestrator.actions.policy import Policy
from tests.support.acting import START_US, USER, Clock, Log
from tests.support.outside import begun


async def test_a_repeat_of_a_limit_is_the_same_record() -> None:
    log, clock = Log(), Clock()
    limits, limit = GatewayLimits(log.send_all, lambda *_: [], clock), begun("limit_user", rate=2, lasts_s=60)
    await limits.run(limit)
    clock.pass_s(30)
    await limits.run(limit)
    first, again = log.sent
    assert (first.encoded(), first.id, first.key) == (again.encoded(), again.id, f"user/{USER}/action".encode())
    (sent, _) = log.limits()
    assert (sent.rate, sent.burst, sent.expires_us - sent.adjusted_us) == (2, 5, 60_000_000)


async def test_of_several_actions_on_a_user_the_strictest_is_sent() -> None:
    block, slow, slower = begun("block_user"), begun("limit_user", rate=2), begun("limit_user", rate=1)
    (sent,) = [limit_record(USER, some, START_US).value for some in ([slow, block, slower],)]
    assert sent.rate == 0
    assert limit_record(USER, [slow, slower], START_US).value.rate == 1
    assert limit_record(USER, [], START_US).value.removed


@pytest.mark.parametrize(
    ("executors", "said"),
    [
        ({"it": {"kind": "webhook"}}, "The executor it: url: Field required."),
        ({"it": {"kind": "webhook", "url": "ftp://x"}}, "url:"),
        ({"it": {"kind": "webhook", "url": "https://x/", "colour": 1}}, "colour:"),
        ({"it": {"kind": "kubernetes", "namespace": "A b", "deployment": "x"}}, "namespace:"),
        ({"it": {"kind": "magic"}}, "expected one of webhook, kubernetes, gateway_limits"),
    ],
)
def test_an_executor_that_cannot_be_made_is_said(executors: dict[str, Any], said: str) -> None:
    policy = Policy.model_validate({"executors": executors})
    with pytest.raises(PolicyError) as caught:
        executors_of(policy, Surroundings(Log().send_all, lambda *_: [], Clock()))
    assert said in str(caught.value)


def test_a_plug_in_is_found_by_its_entry_point(monkeypatch: pytest.MonkeyPatch) -> None:
    class Point:
        name = "magic"

        def load(self) -> Any:
            return lambda name, options, around: (name, dict(options))

    monkeypatch.setattr(registry, "entry_points", lambda group: [Point()] if group == registry.GROUP else [])
    policy = Policy.model_validate({"executors": {"it": {"kind": "magic", "colour": "red"}}})
    made: dict[str, Any] = executors_of(policy, Surroundings(Log().send_all, lambda *_: [], Clock()))
    assert made == {"it": ("it", {"colour": "red"})}
